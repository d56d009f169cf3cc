// Differences in what comes after a request on the same connection. What a row is, and who holds it, is told in ../differences.ts.

import type { Difference } from "../differences.ts";

export const CONNECTIONS: readonly Difference[] = [
  {
    title: "An expectation that is not 100-continue",
    node: "answers 417 and reads on, or overlooks it in a list or a second line that has 100-continue too",
    tsgi: "answers 417 and closes",
    why: [
      "Whether the body will come after a 417 is for the client to decide, so nobody knows where the next",
      "request begins.",
    ].join(" "),
    rfc: "9110 10.1.1",
    groups: [
      {
        refuse: "expect-unknown expect-empty expect-on-get expect-prefix",
        node: "417, goes on",
        tsgi: "417",
      },
      {
        refuse: "expect-list-with-unknown expect-unknown-in-a-second-line expect-with-parameter",
        node: 'POST / "ab", goes on',
        tsgi: "417",
      },
      {
        refuse: "bytes-after-a-bad-expectation",
        node: "417, GET /smuggled, goes on",
        tsgi: "417",
      },
    ],
  },
  {
    title: "A request behind one that says close",
    node: [
      "refuses what follows with 400, and an answer that was not written yet is lost with it; before Node 22 it",
      "overlooks `close` before a TAB",
    ].join(" "),
    tsgi: "answers the request that said close, and drops what follows",
    why: [
      "A server must not process what comes after a request that said close, and must close after the answer to",
      "it. The request was right and has been carried out, so its client must get the answer.",
    ].join(" "),
    rfc: "9112 9.6",
    groups: [
      {
        accept: "body-end-with-close",
        node: 'POST / "ab"; with a next one 400',
        tsgi: 'POST / "ab", closes',
      },
      {
        accept: `
          bytes-after-close bytes-after-1-0 connection-close-first-of-two-lines connection-close-in-upper-case
          connection-close-on-1-0 junk-after-close keep-alive-field-on-1-0
        `,
        node: "400",
        tsgi: "GET /, closes",
      },
      {
        accept: `
          close close-among-empty-members close-in-a-list close-in-a-second-line get-1-0-without-host
          host-on-1-0
        `,
        node: "GET /; with a next one 400",
        tsgi: "GET /, closes",
      },
      {
        accept: "close-before-a-tab",
        node: "GET /, goes on",
        tsgi: "GET /, closes",
        below: 22,
      },
      {
        accept: "close-before-a-tab",
        node: "GET /; with a next one 400",
        tsgi: "GET /, closes",
        from: 22,
      },
      {
        accept: "expect-on-1-0",
        node: 'POST / "a"; with a next one 400',
        tsgi: 'POST / "a", closes',
      },
      {
        accept: "keep-alive-1-0 connection-keep-alive-twice-on-1-0",
        node: "GET /, GET /2; with a next one 400",
        tsgi: "GET /, GET /2, closes",
      },
      {
        accept: "bytes-after-close-with-body",
        node: "400",
        tsgi: 'POST / "hi", closes',
      },
      {
        accept: "bytes-after-close-with-chunks",
        node: "400",
        tsgi: 'POST / "x", closes',
      },
      {
        accept: "bytes-after-close-with-trailers",
        node: "400",
        tsgi: "POST /, closes",
      },
      {
        accept: "close-in-the-second-of-three",
        node: "400",
        tsgi: "GET /1, GET /2, closes",
      },
      {
        accept: "connection-close-between-tabs",
        node: "GET /, GET /smuggled, goes on",
        tsgi: "GET /, closes",
        below: 22,
      },
      {
        accept: "connection-close-between-tabs",
        node: "400",
        tsgi: "GET /, closes",
        from: 22,
      },
      {
        accept: "target-absolute-1-0",
        node: "GET http://b/; with a next one 400",
        tsgi: "GET http://b/, closes",
      },
    ],
  },
  {
    title: "HTTP/1.0 that asks for both, and Proxy-Connection",
    node: "keeps a 1.0 connection that names `keep-alive` beside `close`, and obeys `Proxy-Connection`",
    tsgi: "closes when `close` is named, and gives Proxy-Connection no meaning",
    why: [
      "`close` wins over everything else. Proxy-Connection was a mistake of old clients, and a proxy that does",
      "not know it passes it on to a server that it was not meant for, which then waits for a request that",
      "never comes.",
    ].join(" "),
    rfc: "9112 9.3, 9112 C.2.2",
    groups: [
      {
        accept: "keep-alive-1-0-and-close proxy-connection-ignored",
        node: "GET /, goes on",
        tsgi: "GET /, closes",
      },
    ],
  },
  {
    title: "A wrong request behind a right one",
    node: "answers 400 alone: an answer that was not written yet is lost",
    tsgi: "answers the right one, and then refuses the wrong one",
    why: [
      "Answers come in the order of requests. A client that gets one answer to two requests takes the 400 for",
      "an answer to the first.",
    ].join(" "),
    rfc: "9112 9.3.2",
    groups: [
      {
        refuse: "bad-head-after-a-body",
        node: "400",
        tsgi: 'POST / "hi", 400',
      },
      {
        refuse: "bad-request-after-a-good-one",
        node: "400",
        tsgi: "GET /good, 400",
      },
      {
        refuse: "cut-before-body",
        node: "400",
        tsgi: '400; with a next one POST / "GET /", 400',
      },
      {
        refuse: "cut-in-body",
        node: "400",
        tsgi: '400; with a next one POST / "helGE", next',
      },
      {
        refuse: "bad-request-after-two-good-ones",
        node: "400",
        tsgi: "GET /1, GET /2, 400",
      },
      {
        refuse: "cut-body-of-one-byte",
        node: "400",
        tsgi: '400; with a next one POST / "G", next',
      },
      {
        refuse: "cut-second-request",
        node: "GET /, 400; with a next one 400",
        tsgi: "GET /, 400",
      },
      {
        refuse: "proxy-v1-between-requests proxy-v2-between-requests tls-after-a-request",
        node: "400",
        tsgi: "GET /, 400",
      },
    ],
  },
  {
    title: "An upgrade that nobody takes up",
    node: "answers the request, and reads nothing more from the connection",
    tsgi: "answers it and reads on; what follows is a request, or is refused",
    why: [
      "A server may ignore Upgrade. Then the connection speaks HTTP as before, and a client that got no 101 may",
      "send its next request on it. Frames of a protocol that nobody took up are no request.",
    ].join(" "),
    rfc: "9110 7.8",
    groups: [
      {
        accept: "upgrade-then-bytes upgrade-to-h2c websocket-key2-frames-nothing",
        node: "GET /, closes",
        tsgi: "GET /, GET /2, goes on",
      },
      {
        accept: "upgrade-to-websocket",
        node: "GET /, closes",
        tsgi: "GET /, goes on",
      },
      {
        refuse: "upgrade-then-frames",
        node: "GET /, closes",
        tsgi: "GET /, 400",
      },
    ],
  },
];
