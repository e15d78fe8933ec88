// A site's own server: it verifies a webhook and responds with what it has read.
// Arguments: the folder of the package, the secret.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const [folder, secret] = process.argv.slice(2);
const { Webhook } = createRequire(`${folder}/`)("standardwebhooks");
const webhook = new Webhook(secret);

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  try {
    const event = webhook.verify(body, request.headers);
    console.log(`verified ${request.headers["webhook-id"]} ${event.event_id} ${event.type}`);
    response.writeHead(204).end();
  } catch (error) {
    console.log(`refused ${error.constructor.name}`);
    response.writeHead(400).end();
  }
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/hook`));
