// Every way to break the contract of docs/gateway.md. The comment at a line's end says for which of them the log must name it;
// the application itself is to blame where nothing threw.

const ways = {
  "/throws": () => {
    throw new Error("on purpose"); // blame: /throws
  },
  "/rejects": async () => {
    throw new Error("on purpose, later"); // blame: /rejects
  },
  "/nothing": (startResponse) => {
    startResponse("200 OK", []);
  },
  "/never-starts": () => ["a body without a head"],
  "/number": (startResponse) => {
    startResponse("200 OK", []);
    return [42];
  },
  "/yields-number": function* (startResponse) {
    startResponse("200 OK", []);
    yield 42;
  },
  "/starts-twice": (startResponse) => {
    startResponse("200 OK", []);
    startResponse("200 OK", []); // blame: /starts-twice
    return [];
  },
  "/bad-header": (startResponse) => {
    startResponse("200 OK", [["X-Split", "a\r\nb"]]); // blame: /bad-header
    return [];
  },
  "/bad-length": (startResponse) => {
    startResponse("200 OK", [["Content-Length", "0x5"]]); // blame: /bad-length
    return [];
  },
  "/hop-by-hop": (startResponse) => {
    startResponse("200 OK", [["Transfer-Encoding", "chunked"]]); // blame: /hop-by-hop
    return [];
  },
  "/bad-hint": (startResponse, environ) => {
    environ["tsgi.early_hints"]([["Link", "\u010a"]]); // blame: /bad-hint
    startResponse("200 OK", []);
    return [];
  },
  "/bad-trailer": (startResponse, environ) => {
    environ["tsgi.trailers"]([["Set-Cookie", "a=b"]]); // blame: /bad-trailer
    startResponse("200 OK", []);
    return [];
  },
  "/interim": (startResponse) => {
    startResponse("103 Early Hints", []); // blame: /interim
    return [];
  },
  "/bad-status": (startResponse) => {
    startResponse("OK", []); // blame: /bad-status
    return [];
  },
  "/throws-after-head": function* (startResponse) {
    startResponse("200 OK", []);
    yield "the first part";
    throw new Error("on purpose, too late"); // blame: /throws-after-head
  },
  "/too-short": (startResponse) => {
    startResponse("200 OK", [["Content-Length", "10"]]);
    return ["four", ""];
  },
  "/too-long": function* (startResponse) {
    startResponse("200 OK", [["Content-Length", "4"]]);
    yield "four";
    yield "and more";
  },
};

export function application(environ, startResponse) { // blame: the application
  const way = ways[environ.PATH_INFO];
  if (way !== undefined) return way(startResponse, environ);
  startResponse("200 OK", []);
  return [String(process.pid)];
}
