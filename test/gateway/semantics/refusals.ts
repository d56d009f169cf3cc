// Statuses and headers that are refused in the call, at the line that made them (W22 to W27 of the list of rules).

import { type Case, FAILED, PLAIN } from "./case.ts";

const refused = (title: string, args: readonly unknown[], said: RegExp): Case => ({
  title: `${title} is refused in the call`,
  app: (probe) => (_e, start) => {
    try {
      (start as (...args: unknown[]) => unknown)(...args);
    } catch (error) {
      probe.note((error as Error).name);
      throw error;
    }
    return ["never"];
  },
  ...FAILED,
  notes: ["TypeError"],
  logs: [[said, 500]],
});

const status = (title: string, value: unknown, said: RegExp): Case =>
  refused(`a status ${title}`, [value, PLAIN], said);
const header = (title: string, pairs: unknown, said: RegExp): Case => refused(title, ["200 OK", pairs], said);

export const REFUSALS: readonly Case[] = [
  status("that is a number", 200, /status 200: expected three digits/),
  status("without a reason's blank", "200", /status "200": expected/),
  status("of two digits", "20 OK", /status "20 OK"/),
  status("that begins with 0", "099 Low", /status "099 Low"/),
  status("with a line end", "200 OK\r\nX: y", /expected three digits/),
  status("with a control character", "200 O\0K", /expected three digits/),
  status("beyond latin-1", "200 \u0100", /expected three digits/),
  status("with a blank ahead", " 200 OK", /expected three digits/),
  status("of an interim response", "103 Early Hints", /tsgi\.early_hints/),
  header("a dictionary of headers", { "Content-Type": "text/plain" }, /expected an array of \[name, value\] pairs/),
  header("a Map of headers", new Map([["a", "b"]]), /headers a Map: expected an array/),
  header("a header that is a string", ["X: y"], /header 0 is "X: y"/),
  header("a header of three", [["a", "b", "c"]], /header 0 is an array of 3/),
  header("a name that is a number", [[1, "b"]], /header name 1/),
  header("an empty name", [["", "b"]], /header name ""/),
  header("a name with a colon", [["X:", "b"]], /header name "X:"/),
  header("a name with a blank", [["X y", "b"]], /header name "X y"/),
  header("a name with a line end", [["X\r\ny", "b"]], /header name/),
  header("a value that is a number", [["X", 5]], /header X is 5/),
  header("a value that is undefined", [["X", undefined]], /header X is undefined/),
  header("a value with CR and LF", [["X", "a\r\nSet-Cookie: b"]], /header X has U\+000D at position 1/),
  header("a value with LF alone", [["X", "a\nb"]], /header X has U\+000A/),
  header("a value with NUL", [["X", "a\0"]], /header X has U\+0000/),
  header("a value beyond latin-1, whose low byte would be a line end", [["X", "a\u010a"]], /header X has U\+010A/),
  ...[
    "Connection",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
  ].map((name) => header(`the header ${name}`, [[name, "x"]], /belongs to the connection, which is the server's/)),
  header("a hop-by-hop name in any case", [["transfer-ENCODING", "chunked"]], /belongs to the connection/),
  header("a header called Status", [["Status", "200 OK"]], /the status is no header/),
  header(
    "a Content-Length that is no number",
    [["Content-Length", "ten"]],
    /Content-Length "ten": expected digits only/,
  ),
  header("a Content-Length with a sign", [["Content-Length", "+5"]], /expected digits only/),
  header("a Content-Length with a blank", [["Content-Length", "5 "]], /expected digits only/),
  header(
    "a Content-Length said twice",
    [
      ["Content-Length", "5"],
      ["content-length", "5"],
    ],
    /Content-Length was given twice/,
  ),
];
