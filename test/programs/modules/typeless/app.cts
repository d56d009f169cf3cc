import greeting = require("./greeting");

function application(_environ: object, startResponse: (status: string, headers: []) => void): string[] {
  startResponse("200 OK", []);
  return [greeting.greet("app.cts").text];
}

export = { application };
