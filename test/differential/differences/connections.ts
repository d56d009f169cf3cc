// Differences in what comes after a request on the same connection. What a row is, and who holds it, is told in ../differences.ts.

import type { Difference } from "../differences.ts";

export const CONNECTIONS: readonly Difference[] = [
  {
    title: "An expectation that is not 100-continue",
    node: "answers 417 and reads on, or overlooks it in a list that has 100-continue too",
    tsgi: "answers 417 and closes",
    why: [
      "Whether the body will come after a 417 is for the client to decide, so nobody knows where the next",
      "request begins.",
    ].join(" "),
    rfc: "9110 10.1.1",
    groups: [
      {
        refuse: "expect-unknown",
        node: "417, goes on",
        tsgi: "417",
      },
      {
        refuse: "expect-list-with-unknown",
        node: 'POST / "ab", goes on',
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
        accept: "bytes-after-close",
        node: "400",
        tsgi: "GET /, closes",
      },
      {
        accept: "close close-among-empty-members close-in-a-list close-in-a-second-line get-1-0-without-host",
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
        accept: "keep-alive-1-0",
        node: "GET /, GET /2; with a next one 400",
        tsgi: "GET /, GET /2, closes",
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
    ],
  },
];
