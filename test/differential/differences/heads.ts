// Differences in request lines and Host fields. What a row is, and who holds it, is told in ../differences.ts.

import type { Difference } from "../differences.ts";

export const HEADS: readonly Difference[] = [
  {
    title: "A host that is not a host, or two of them",
    node: "hands the request to the application, which finds the first Host field in `headers.host`",
    tsgi: "refuses with 400",
    why: [
      "A server must refuse a request with two Host fields or with one that is not valid. Caches, virtual hosts",
      "and links in mails are keyed by it, so a host with a path, a user or a second port in it is an attack on",
      "one of them; an empty one names nobody, since an http URL always has a host.",
    ].join(" "),
    rfc: "9112 3.2, 9110 4.2.1",
    groups: [
      {
        refuse: `
          host-after-bracket host-bad-escape host-empty host-high-bytes host-open-bracket host-port-letters
          host-port-only host-port-too-long host-twice host-twice-the-same host-two-ports host-with-path
          host-with-query host-with-space host-with-user host-brackets-empty host-escape-at-end
          host-first-empty host-in-quotes host-ipv6-with-zone host-ipv6-without-brackets host-list
          host-port-after-space host-port-signed host-second-empty host-twice-in-other-case host-url
          host-with-backslash host-with-fragment host-with-tab
        `,
        node: "GET /, goes on",
        tsgi: "400",
      },
      {
        refuse: "host-twice-on-1-0 host-empty-on-1-0",
        node: "GET /; with a next one 400",
        tsgi: "400",
      },
      {
        refuse: "bytes-after-a-bad-host",
        node: "GET /, GET /smuggled, goes on",
        tsgi: "400",
      },
      {
        refuse: "host-bad-with-absolute-target",
        node: "GET http://a/, goes on",
        tsgi: "400",
      },
    ],
  },
  {
    title: "A target and a Host that name two hosts",
    node: "hands over both, the Host field in `headers.host`",
    tsgi: "refuses with 400",
    why: [
      "A client must send the same host in both. A server may go by the target, but whoever stands in front may",
      "have gone by the Host, and then a cache or a rule for one host has let through a request for the other.",
    ].join(" "),
    rfc: "9112 3.2, 9112 3.2.2",
    groups: [
      {
        refuse: "host-empty-with-absolute-target hosts-disagree",
        node: "GET http://b/, goes on",
        tsgi: "400",
      },
      {
        refuse: "hosts-disagree-by-default-port",
        node: "GET https://a/, goes on",
        tsgi: "400",
      },
      {
        refuse: "hosts-disagree-by-dot hosts-disagree-by-escape",
        node: "GET http://a/, goes on",
        tsgi: "400",
      },
      {
        refuse: "hosts-disagree-by-port",
        node: "GET http://a:81/, goes on",
        tsgi: "400",
      },
      {
        refuse: "hosts-disagree-on-1-0",
        node: "GET http://b/; with a next one 400",
        tsgi: "400",
      },
    ],
  },
  {
    title: "A target that is neither a path nor an http URL",
    node: "hands it to the application as it is",
    tsgi: "refuses with 400",
    why: [
      "A target is one of four forms; `*` is for OPTIONS only, user and password are not sent, an http URL has",
      "a host, and a fragment never leaves the browser. A proxy that cuts at the `#` and an application that",
      "does not disagree about the path, which is how rules for paths are passed by.",
    ].join(" "),
    rfc: "9112 3.2, 9110 4.2.4",
    groups: [
      {
        refuse: "target-absolute-with-user",
        node: "GET http://u@a/, goes on",
        tsgi: "400",
      },
      {
        refuse: "target-absolute-without-host",
        node: "GET http:///a, goes on",
        tsgi: "400",
      },
      {
        refuse: "target-asterisk-on-get",
        node: "GET *, goes on",
        tsgi: "400",
      },
      {
        refuse: "target-fragment",
        node: "GET /a#b, goes on",
        tsgi: "400",
      },
      {
        refuse: "target-ftp",
        node: "GET ftp://a/, goes on",
        tsgi: "400",
      },
      {
        refuse: "target-absolute-port-only",
        node: "GET http://:80/, goes on",
        tsgi: "400",
      },
      {
        refuse: "target-absolute-with-bad-port",
        node: "GET http://a:b/, goes on",
        tsgi: "400",
      },
      {
        refuse: "target-absolute-with-long-port",
        node: "GET http://a:123456/, goes on",
        tsgi: "400",
      },
      {
        refuse: "target-absolute-with-open-bracket",
        node: "GET http://[::1/, goes on",
        tsgi: "400",
      },
      {
        refuse: "target-absolute-with-password",
        node: "GET http://u:p@a/, goes on",
        tsgi: "400",
      },
      {
        refuse: "target-asterisk-and-more",
        node: "OPTIONS */a, goes on",
        tsgi: "400",
      },
      {
        refuse: "target-asterisk-twice",
        node: "OPTIONS **, goes on",
        tsgi: "400",
      },
      {
        refuse: "target-fragment-absolute",
        node: "GET http://a/b#c, goes on",
        tsgi: "400",
      },
      {
        refuse: "target-fragment-in-query",
        node: "GET /a?b#c, goes on",
        tsgi: "400",
      },
      {
        refuse: "target-websocket-url",
        node: "GET ws://a/, goes on",
        tsgi: "400",
      },
    ],
  },
  {
    title: "CONNECT",
    node: "closes the connection without an answer when nobody listens to its `connect` event",
    tsgi: ["gives a right one to the application like any method, and refuses one without host and port with 400"].join(
      " ",
    ),
    why: [
      "A client that gets no answer cannot know why, and asks again. An application that does not tunnel",
      "answers 405 or 501.",
    ].join(" "),
    rfc: "9110 9.3.6",
    groups: [
      {
        accept: "hosts-agree-on-connect",
        node: "nothing, closes",
        tsgi: "CONNECT a:443, goes on",
      },
      {
        accept: "method-connect-with-length",
        node: "nothing, closes",
        tsgi: 'CONNECT a:443 "ab", goes on',
      },
      {
        accept: "target-authority",
        node: "nothing, closes",
        tsgi: "CONNECT b:443, goes on",
      },
      {
        accept: "target-authority-ipv6",
        node: "nothing, closes",
        tsgi: "CONNECT [::1]:443, goes on",
      },
      {
        refuse: `
          connect-empty-port connect-path connect-without-port connect-two-ports connect-with-query
          connect-with-user target-absolute-on-connect target-asterisk-on-connect hosts-disagree-on-connect
          hosts-disagree-on-connect-port
        `,
        node: "nothing, closes",
        tsgi: "400",
      },
    ],
  },
  {
    title: "Bytes above 0x7f in a target",
    node: "refuses with 400",
    tsgi: "takes them as they are",
    why: [
      "They are outside the grammar, but old clients, scripts and proxies send them, they end nothing and begin",
      "nothing, and no two readers see two requests in them. `RAW_URI` keeps the bytes; `PATH_INFO` reads them",
      "as UTF-8.",
    ].join(" "),
    rfc: "9112 3.2",
    groups: [
      {
        accept: "target-of-high-bytes",
        node: "400",
        tsgi: "GET /cafÃ©, goes on",
      },
    ],
  },
  {
    title: "A method that node:http does not know",
    node: "refuses with 400, as every method that its list does not have",
    tsgi: "takes any token",
    why: [
      "Methods are tokens, anybody may define one, and case matters: `get` is another method than `GET`,",
      "unknown but well formed. The application answers it, with 405 or 501.",
    ].join(" "),
    rfc: "9110 9.1",
    groups: [
      {
        accept: "method-lower-case",
        node: "400",
        tsgi: "get /, goes on",
      },
      {
        accept: "method-get-with-other-case",
        node: "400",
        tsgi: "Get /, goes on",
      },
      {
        accept: "method-of-every-token-character",
        node: "400",
        tsgi: "!#$%&'*+-.^_`|~09azAZ /, goes on",
      },
      {
        accept: "method-of-one-letter",
        node: "400",
        tsgi: "a /, goes on",
      },
      {
        accept: "proxy-as-a-method",
        node: "400",
        tsgi: "PROXY /, goes on",
      },
    ],
  },
  {
    title: "White space where one space belongs, and line ends before a request",
    node: ["skips any number of CR and LF before a request line, and of spaces before its target and its version"].join(
      " ",
    ),
    tsgi: ["takes one empty line (CR LF) before a request line and exactly one space between its words; else 400"].join(
      " ",
    ),
    why: [
      "Who splits on any white space and who splits on one space read different targets in the same line. One",
      "empty line is what broken clients are known to send; more than that is nobody's habit.",
    ].join(" "),
    rfc: "9112 2.2, 9112 3",
    groups: [
      {
        refuse: `
          bare-cr-before-request-line bare-lf-before-request-line two-empty-lines two-spaces-before-target
          two-spaces-before-version cr-cr-before-request
        `,
        node: "GET /, goes on",
        tsgi: "400",
      },
      {
        refuse: "cut-before-request-line two-empty-lines-and-no-more",
        node: "nothing, goes on",
        tsgi: "400",
      },
      {
        refuse: "empty-lines-after-a-body",
        node: 'POST / "hi", GET /smuggled, goes on',
        tsgi: 'POST / "hi", 400',
      },
      {
        refuse: "empty-lines-between-requests",
        node: "GET /, GET /smuggled, goes on",
        tsgi: "GET /, 400",
      },
    ],
  },
  {
    title: "Another version or another protocol",
    node: "takes HTTP/0.9 and HTTP/2.0 with a head, and RTSP; refuses others with 400",
    tsgi: "answers 505 where it is HTTP in a version not spoken here, 400 where it is not HTTP",
    why: [
      "0.9 had no head and 2.0 has another, so a head in text that names them is a forgery; an RTSP request is",
      "not for an HTTP application. 505 tells an honest client what to change.",
    ].join(" "),
    rfc: "9112 2.3, 9110 15.6.6",
    groups: [
      {
        refuse: "version-0-9 version-2-0",
        node: "GET /; with a next one 400",
        tsgi: "505",
      },
      {
        refuse: `
          version-1-2 http-2-preface http-2-preface-line-alone http-2-preface-lower-case version-1-9
          bytes-after-an-unknown-version
        `,
        node: "400",
        tsgi: "505",
      },
      {
        refuse: "version-of-another-protocol",
        node: "GET /; with a next one 400",
        tsgi: "400",
      },
    ],
  },
];
