import { createClient } from "./kinde-functions.js";
import { useClient } from "./kinde-elements.js";

window.start = (baseUrl, token) => {
  window.withToken = (token) => createClient({ baseUrl, getToken: async () => token });
  window.client = window.withToken(token);
  useClient(window.client);
};
useClient(createClient({ getToken: () => null }));
window.ready = true;
