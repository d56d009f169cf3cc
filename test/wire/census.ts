// What has gone wrong in servers of this kind, one row for each root in each of them, numbered once and for all. A row is shown by the
// cases of the corpus that carry its number, and, where bytes alone cannot show it, by the tests that are named here.

export interface CensusRow {
  /** Who had it, with the advisory where there is one. */
  readonly who: string;
  /** What was sent, or done, and must not do harm. */
  readonly what: string;
  /** File within test/ and title, for what lies beyond the codec. */
  readonly tests?: readonly (readonly [file: string, title: string])[];
}

const WORKER = "worker/connection.test.ts";
const RUN = "gateway/run.test.ts";
const ENVIRON = "gateway/environ.test.ts";

export const CENSUS: Readonly<Record<number, CensusRow>> = {
  1: { who: "node CVE-2018-7159", what: "a length with a space inside" },
  2: { who: "node CVE-2016-2086", what: "lengths that are numbers only to a lenient reader" },
  3: { who: "hyper CVE-2021-32715", what: "a length with a sign" },
  4: { who: "waitress CVE-2022-24761", what: "signs and prefixes in lengths and chunk sizes" },
  5: { who: "gunicorn before 20.1.0, aiohttp CVE-2023-47627, CPython #103204", what: "lengths with underscores, minus zero" },
  6: { who: "puma CVE-2022-24790 and CVE-2023-40175", what: "a length that is empty or a word" },
  7: { who: "HAProxy CVE-2023-40225", what: "an empty length beside a real one" },
  8: { who: "waitress CVE-2019-16792", what: "two lengths, in two fields or in one" },
  9: { who: "Twisted CVE-2020-10108, cheroot #275", what: "two lengths of which one is believed" },
  10: { who: "OpenLiteSpeed", what: "a length that begins with zero" },
  11: { who: "mongoose CVE-2023-34188", what: "a negative length" },
  12: { who: "gunicorn before 22", what: "a length whose name ends in bytes that Unicode calls blanks" },
  13: { who: "node CVE-2024-27982", what: "a first field that begins with a space" },
  14: { who: "Go CVE-2015-5739 to CVE-2015-5741", what: "a name that was mended into that of a length" },
  15: { who: "hyper RUSTSEC-2020-0008", what: "a body that no field announced" },
  16: { who: "puma fed488f", what: "a length of 0 with a request behind it in the same read" },
  17: { who: "HAProxy CVE-2021-40346", what: "a long name that begins like that of a length" },
  18: { who: "node CVE-2026-58044", what: "a length beyond the limit of fields" },
  19: { who: "whoever counts in floating point", what: "lengths beyond 2^53 and beyond 64 bits" },
  20: { who: "node CVE-2019-15605, Go CVE-2019-16276, Netty CVE-2019-16869", what: "a blank before the colon of what frames" },
  21: { who: "node CVE-2020-8287", what: "two Transfer-Encoding fields" },
  22: { who: "node CVE-2022-32213", what: "codings that are nearly chunked" },
  23: { who: "node CVE-2022-32215", what: "a folded Transfer-Encoding" },
  24: { who: "gunicorn CVE-2024-1135", what: "a coding after chunked" },
  25: { who: "gunicorn CVE-2024-6827", what: "an unknown coding beside a length" },
  26: { who: "waitress CVE-2019-16786", what: "a coding before chunked" },
  27: { who: "waitress CVE-2019-16789, Tornado GHSA-753j", what: "blanks of other alphabets round chunked and lengths" },
  28: { who: "gunicorn 26.1", what: "NBSP and NEL round chunked" },
  29: { who: "waitress's tests", what: "letters beyond ASCII that fold into one" },
  30: { who: "gunicorn #3087, passenger, nghttpx #1973", what: "empty members in the list of codings" },
  31: { who: "puma CVE-2020-11076", what: "a wrong coding with a request behind it" },
  32: { who: "hyper CVE-2021-21299", what: "several Transfer-Encoding fields of which one says chunked" },
  33: { who: "hyper #4123", what: "length and coding in either order" },
  34: { who: "aiohttp CVE-2023-47641, Twisted CVE-2020-10109", what: "length and coding at once" },
  35: { who: "nginx 1.21.2, gunicorn 22", what: "a coding on HTTP/1.0" },
  36: { who: "node:http 20", what: "a coding on HTTP/1.0 that stays" },
  37: { who: "fasthttp", what: "an unknown coding" },
  38: { who: "Go CVE-2022-1705", what: "a malformed coding that begins with chunked" },
  39: { who: "trafficserver #11036", what: "a coding beside a wrong length" },

  40: { who: "gunicorn #3047, aiohttp, Tornado, libevent", what: "chunk sizes with signs, prefixes and underscores" },
  41: { who: "H2O, WEBrick, OpenLiteSpeed", what: "a chunk size that goes on after its digits" },
  42: { who: "Go #64517, hyper 1.1, mongoose", what: "an empty chunk size" },
  43: { who: "hyper CVE-2021-32714", what: "chunk sizes that overflow" },
  44: { who: "nginx CVE-2013-2028", what: "a chunk size with its top bit set" },
  45: { who: "Go CVE-2025-22871, nginx 1.29.4", what: "lines of a chunked body that end with LF" },
  46: { who: "llhttp before 9", what: "a CR in a size line without its LF" },
  47: { who: "node CVE-2021-22960, Netty CVE-2025-58056, Kestrel CVE-2025-55315", what: "a LF within an extension" },
  48: { who: "Jetty CVE-2026-2332", what: "a line end within the quotes of an extension" },
  49: { who: "waitress CVE-2022-24761", what: "an extension without its value" },
  50: {
    who: "node CVE-2024-22019, puma CVE-2024-21647, Go CVE-2023-39326, hyper #3495",
    what: "extensions without end",
    tests: [["protocol/http1/chunked.test.ts", "extensions may come to 16 KiB more than the data, and no further"]],
  },
  51: { who: "h11 CVE-2025-43859", what: "two other bytes in the place of the line end after data" },
  52: { who: "waitress 1.4, puma 5.6.4", what: "data that is not as long as its size" },
  53: { who: "puma CVE-2023-40175", what: "any line in the place of the end of a body" },
  54: { who: "gunicorn #3382", what: "an end of the connection before the last line end" },
  55: { who: "hyper 1.4.1", what: "a last chunk without its 0" },
  56: { who: "Tomcat CVE-2023-46589", what: "a field or trailer over the limit, with more behind it" },
  57: { who: "gunicorn 26.0", what: "trailers that frame, route or authenticate" },
  58: { who: "cheroot #2018", what: "a request behind a wrong chunk" },

  59: { who: "waitress CVE-2019-16785, puma CVE-2021-41136", what: "lines that end with LF" },
  60: { who: "node CVE-2022-32214 and CVE-2022-35256", what: "fields that end with LF" },
  61: { who: "node CVE-2023-30589", what: "a CR alone within a field" },
  62: { who: "node CVE-2025-23167", what: "a head that ends with CR and another byte" },
  63: { who: "node CVE-2020-8201", what: "a CR in a name" },
  64: { who: "gunicorn #3144", what: "NUL and LF in values" },
  65: { who: "HAProxy CVE-2023-25725, Go #65244, llhttp #257, gunicorn #3104, cheroot #721", what: "a field without a name" },
  66: { who: "node CVE-2021-22959, cheroot #714", what: "a blank before a colon" },
  67: { who: "passenger", what: "a name over two lines" },
  68: { who: "waitress CVE-2020-5236", what: "a value that makes an expression backtrack" },
  69: { who: "node CVE-2019-15606", what: "blanks at the end of a value" },
  70: { who: "waitress #432", what: "bytes of a value that are blanks to Unicode only" },
  71: {
    who: "puma CVE-2024-45614, waitress, nginx, gunicorn 22",
    what: "an underscore that makes two names one",
    tests: [[ENVIRON, "a name with an underscore and Proxy never reach the application"]],
  },
  72: {
    who: "Go CVE-2016-5386 and all of CGI",
    what: "a Proxy field",
    tests: [[ENVIRON, "a name with an underscore and Proxy never reach the application"]],
  },
  73: {
    who: "node CVE-2026-21710",
    what: "a field called __proto__",
    tests: [[ENVIRON, "an environ has no inherited names, whatever the client calls its fields"]],
  },
  74: {
    who: "V8 CVE-2025-27209 and CVE-2026-21717",
    what: "many names that look like numbers",
    tests: [
      [
        "protocol/http1/names.test.ts",
        "fieldName goes on to answer when a client has sent more names than are remembered",
      ],
    ],
  },
  75: { who: "gunicorn #3366, nginx 1.17.9, waitress", what: "two Host fields" },
  76: { who: "gunicorn 26.1, node:http", what: "a Host that is none" },
  77: { who: "gunicorn 26.1", what: "no Host" },
  78: { who: "nginx CVE-2013-4547", what: "blanks and control characters in a target" },
  79: { who: "HAProxy CVE-2023-45539", what: "a fragment in a target" },
  80: { who: "waitress #260", what: "a path that begins with two slashes" },
  81: { who: "aiohttp #7700", what: "a method or version that is read as far as it fits" },
  82: { who: "libevent", what: "a version that overflows" },
  83: { who: "gunicorn 26.0", what: "targets in a form that their method does not have" },
  84: { who: "gunicorn 20.0.4", what: "a field that framed a body by its name" },
  85: { who: "gunicorn 26.1, waitress 3.0.2", what: "close among several options or lines" },
  86: { who: "node:http 20", what: "close beside a tab" },
  87: {
    who: "uvicorn CVE-2020-7694",
    what: "escape sequences on their way to a terminal",
    tests: [
      [
        "observe/access-format.test.ts",
        "no byte of a client's text can end the line, leave its quotes or reach a terminal as a control",
      ],
    ],
  },
  88: {
    who: "httptools, uvicorn #2234, mongoose",
    what: "a wrong request behind a right one",
    tests: [
      [
        WORKER,
        "a broken request is refused with its status, the connection closes, and nothing after it is answered",
      ],
    ],
  },

  89: {
    who: "gunicorn CVE-2018-1000164, puma CVE-2020-5247, uvicorn CVE-2020-7695, hyper RUSTSEC-2017-0002, node CVE-2016-2216",
    what: "a response that a line end in its head splits",
    tests: [
      ["gateway/said.test.ts", "headers are refused: ${message.source}"],
      ["gateway/said.test.ts", "the status ${JSON.stringify(status)} is refused"],
      ["protocol/http1/writer.test.ts", "what could split a response, or frame it a second time, is misuse"],
    ],
  },
  90: {
    who: "puma CVE-2022-23634",
    what: "a body that is not closed after an error",
    tests: [[RUN, "close() is called exactly once after ${name}"]],
  },
  91: {
    who: "nginx CVE-2019-20372",
    what: "a body that nobody read, taken for a request",
    tests: [[WORKER, "an unread body larger than what is discarded ends the connection after the answer"]],
  },
  92: {
    who: "waitress CVE-2024-49768",
    what: "a request that is served after an error",
    tests: [
      [
        WORKER,
        "a broken request is refused with its status, the connection closes, and nothing after it is answered",
      ],
    ],
  },
  93: {
    who: "waitress CVE-2024-49769",
    what: "a connection whose other side has ended",
    tests: [
      [WORKER, "a client that leaves aborts the signal and closes the body, though nothing is being written"],
      ["worker/transport.test.ts", "${kind}: the end of the peer is told, and our side can still be written"],
    ],
  },
  94: {
    who: "waitress CVE-2022-31015",
    what: "a client that leaves in the middle",
    tests: [[WORKER, "a client that resets in the middle of its body rejects the read"]],
  },
  95: {
    who: "Twisted CVE-2023-46137 and CVE-2024-41671",
    what: "answers out of order",
    tests: [[WORKER, "pipelined requests are answered in order, whatever each of them takes"]],
  },
  96: {
    who: "puma CVE-2019-16770 and CVE-2021-29509",
    what: "one connection that keeps a server from the others",
    tests: [[WORKER, "more pipelined requests than one turn takes are all answered"]],
  },
  97: {
    who: "node CVE-2018-12122, CVE-2019-5737 and CVE-2020-8251",
    what: "heads and bodies that come slowly",
    tests: [
      ["process/limits.test.ts", "--head-timeout ends a head that does not come to its end with 408"],
      ["process/limits.test.ts", "--body-timeout ends a body that stops coming with 408, and the worker goes on"],
    ],
  },
  98: {
    who: "hyper #3185 and #3828, Go CVE-2026-56853",
    what: "connections that never say anything",
    tests: [[WORKER, "an idle connection is closed after keepAlive, one that says nothing after headTimeout"]],
  },
  99: { who: "node CVE-2018-12121", what: "heads that are too large" },
  100: {
    who: "Go CVE-2021-31525",
    what: "a large head that was read by recursion",
    tests: [["protocol/http1/head.test.ts", "a head of 64 KB is read whole, in pieces, and with more behind it"]],
  },
  101: {
    who: "Go CVE-2020-15586",
    what: "100 Continue beside a response",
    tests: [
      ["worker/request-body.test.ts", "what is not there is waited for, and 100 Continue goes out with the first wait only"],
      [WORKER, "100 Continue is sent on the first read, once"],
    ],
  },
  102: {
    who: "Go CVE-2024-24791, waitress 3.0.2",
    what: "a client that waits for 100 and has nothing to send, or gets a final answer",
    tests: [[WORKER, "a client that waits for 100 and is refused gets the answer and a closed connection"]],
  },
  103: {
    who: "node CVE-2021-22883 and CVE-2026-21637",
    what: "a TLS greeting, whatever comes of it",
    tests: [["worker/transport.test.ts", "${kind}: close is told once, after destroy and after reset"]],
  },
  104: {
    who: "HTTP/2, from CVE-2019-9511 to rapid reset",
    what: "the floods of HTTP/2: it is not spoken, and its preface ends the connection",
  },
  105: { who: "nginx 1.31.0", what: "the way down from HTTP/2: no upgrade to it is taken up" },
  106: { who: "puma CVE-2026-47736", what: "a PROXY line without end" },
  107: { who: "puma CVE-2026-47737", what: "a PROXY line between two requests" },
};
