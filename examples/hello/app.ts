import type { Application } from "tsgi";

export const application: Application = (environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain; charset=utf-8"]]);
  return [`Hello from tsgi! You asked for ${environ.PATH_INFO}\n`];
};
