// A CGI program: echoes its request, or does what its path says.

import { CGIHandler } from "../../../src/gateway/handlers.ts";

const handler = new CGIHandler();
await handler.run(async (environ, startResponse) => {
  if (environ.PATH_INFO === "/fail") throw new Error("the program failed");
  const body = await environ["tsgi.input"].read();
  startResponse("200 OK", [["Content-Type", "text/plain; charset=utf-8"]]);
  if (environ.PATH_INFO === "/cut") {
    return (function* () {
      yield "a part";
      throw new Error("in the middle");
    })();
  }
  return [`${environ.REQUEST_METHOD} ${environ.SCRIPT_NAME}${environ.PATH_INFO} ${environ["HTTP_PROXY"]} ${body}\n`];
});
