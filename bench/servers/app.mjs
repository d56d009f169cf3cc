// The same answer as a TSGI application.

const HEADERS = [["Content-Type", "text/plain"]];
const BODY = ["Hello, world!"];

export function application(_environ, startResponse) {
  startResponse("200 OK", HEADERS);
  return BODY;
}
