const { greet } = require("./greeting") as typeof import("./greeting");

type Start = (status: string, headers: [string, string][]) => void;

module.exports = (_environ: object, startResponse: Start): string[] => {
  startResponse("200 OK", []);
  return [greet("required.ts").text];
};
