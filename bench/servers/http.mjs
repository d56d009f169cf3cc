// node:http with one of the handlers: node http.mjs hello.

import { createServer } from "node:http";
import process from "node:process";
import { HANDLERS } from "./handlers.mjs";

const server = createServer(HANDLERS[process.argv[2]]);
// As long as tsgi's own default: its five seconds would close idle connections while they are measured.
server.keepAliveTimeout = 75_000;
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
