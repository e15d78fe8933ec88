export default () => new Response("hello");

export const config = { path: "/api/hello" };
