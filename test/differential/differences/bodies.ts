// Differences in how long a body is, in chunks and trailers, and in limits. What a row is, and who holds it, is told in ../differences.ts.

import type { Difference } from "../differences.ts";

export const BODIES: readonly Difference[] = [
  {
    title: "Transfer-Encoding that is more than chunked",
    node: [
      "looks at the end of the list, and takes `gzip, chunked` as if gzip had not been there; answers 400 to",
      "codings it does not know",
    ].join(" "),
    tsgi: "speaks chunked alone: an unknown coding is 501, an empty member is 400",
    why: [
      "A body that is handed over with its gzip layer on and the name of that layer gone is not the body that",
      "was sent. For codings that a server does not understand the answer is 501.",
    ].join(" "),
    rfc: "9112 6.1",
    groups: [
      {
        refuse: "coding-gzip-chunked coding-gzip-then-chunked-line",
        node: "POST /, goes on",
        tsgi: "501",
      },
      {
        refuse: "coding-comma-first",
        node: "POST /, goes on",
        tsgi: "400",
      },
      {
        refuse: `
          coding-identity coding-unknown coding-bad-then-request coding-chunkedchunked coding-on-get
          coding-trailers coding-x-gzip coding-xchunked
        `,
        node: "400",
        tsgi: "501",
      },
      {
        refuse: "coding-empty-then-chunked",
        node: "POST /, goes on",
        tsgi: "400",
        below: 22,
      },
    ],
  },
  {
    title: "Transfer-Encoding from an HTTP/1.0 client",
    node: "reads the body as chunks, and goes on where the client asked to stay",
    tsgi: "refuses with 400",
    why: [
      "1.0 has no transfer codings: the proxy that sent this either does not know chunked, and sees a body of",
      "another length, or forged the version. A server ought to treat its framing as faulty.",
    ].join(" "),
    rfc: "9112 6.1",
    groups: [
      {
        refuse: "coding-on-1-0",
        node: "POST /, goes on",
        tsgi: "400",
      },
      {
        refuse: "coding-on-1-0-keep-alive",
        node: "POST /, GET /smuggled, goes on",
        tsgi: "400",
      },
    ],
  },
  {
    title: "White space around the value of Content-Length or Transfer-Encoding",
    node: "refuses a TAB around `chunked` with 400, before Node 22 also around a length",
    tsgi: "takes SP and TAB around any value",
    why: [
      "White space around a field value is not part of it, whichever field it is, and both ends of a connection",
      "must drop it the same way.",
    ].join(" "),
    rfc: "9110 5.5, 9112 5",
    groups: [
      {
        accept: "length-with-blanks-around",
        node: "400",
        tsgi: 'POST / "hello", goes on',
        below: 22,
      },
      {
        accept: "chunked-with-blanks-around",
        node: "400",
        tsgi: "POST /, goes on",
      },
    ],
  },
  {
    title: "Chunk extensions",
    node: [
      "takes an extension with nothing after `=`, and a line of any length up to its limit of 16 KiB for all of",
      "them; refuses white space around `;` and `=`",
    ].join(" "),
    tsgi: [
      "reads them by their grammar, with white space where it is allowed for, in a line of at most 1,024 bytes",
    ].join(" "),
    why: [
      "Where an extension ends is where data begins, and two readers must find the same place. Nobody uses",
      "them, so a long line of them is an attack on the reader's time.",
    ].join(" "),
    rfc: "9112 7.1.1",
    groups: [
      {
        accept: "chunk-extensions-with-blanks",
        node: "400",
        tsgi: 'POST / "x", goes on',
      },
      {
        refuse: "chunk-extension-no-value chunk-line-too-long",
        node: 'POST / "hello", goes on',
        tsgi: "400",
      },
      {
        refuse: "chunk-extension-on-last-chunk",
        node: "POST /, goes on",
        tsgi: "400",
      },
      {
        refuse: "chunk-extension-value-of-nothing",
        node: 'POST / "x", goes on',
        tsgi: "400",
      },
    ],
  },
  {
    title: "A chunk size with endless zeros",
    node: "reads any number of leading zeros",
    tsgi: "refuses a size of more than 16 digits with 400",
    why: [
      "Sixteen digits say every size there is. A stream of zeros is a request that never ends and never does",
      "anything.",
    ].join(" "),
    rfc: "9112 7.1",
    groups: [
      {
        refuse: "chunk-size-17-digits",
        node: 'POST / "hello", goes on',
        tsgi: "400",
      },
    ],
  },
  {
    title: "Trailer fields that decide something",
    node: "hands them over in `request.trailers`",
    tsgi: "refuses with 400 every known field whose definition does not let it come after the body",
    why: [
      "Such a field must not come after the body, because it was needed before it. A reader that merges",
      "trailers into the head would believe it, and a Host in a trailer is a sign that a request was hidden",
      "there.",
    ].join(" "),
    rfc: "9110 6.5.1",
    groups: [
      {
        refuse: `
          trailer-authorization trailer-forwarded trailer-instead-of-end host-in-trailers trailer-accept
          trailer-content-type trailer-cookie trailer-expect trailer-if-match trailer-range trailer-real-ip
          trailer-te trailer-trailer trailer-upgrade trailer-user-agent
        `,
        node: "POST /, goes on",
        tsgi: "400",
      },
      {
        refuse: "bytes-after-a-forbidden-trailer",
        node: "POST /, GET /smuggled, goes on",
        tsgi: "400",
      },
      {
        refuse: "trailer-connection",
        node: "POST /; with a next one 400",
        tsgi: "400",
      },
    ],
  },
  {
    title: "Limits that node:http does not have",
    node: [
      "counts all fields together (16 KiB), drops fields after the 2,000th silently, and has no limit for",
      "bodies",
    ].join(" "),
    tsgi: "refuses with 413, 414 or 431, the moment it is clear that a limit is passed",
    why: [
      "A dropped field is a message that was changed on the way. The cases set their own small limits; the",
      "limits are options.",
    ].join(" "),
    rfc: "9110 15.5.14, 9110 15.5.15, 6585 5",
    groups: [
      {
        refuse: "chunk-over-limit",
        node: 'POST / "abcdef", goes on',
        tsgi: "413",
      },
      {
        refuse: `
          field-too-long field-name-too-long field-size-counts-blanks fields-of-nothing-over-limit
          number-names-over-limit same-field-over-limit fields-too-large
        `,
        node: "GET /, goes on",
        tsgi: "431",
      },
      {
        refuse: "field-without-end",
        node: "400; with a next one GET /",
        tsgi: "431",
      },
      {
        refuse: "request-line-too-long request-line-over-limit-after-an-empty-line",
        node: "GET /1234, goes on",
        tsgi: "414",
      },
      {
        refuse: "too-many-fields",
        node: 'GET / "hello", goes on',
        tsgi: "431",
      },
      {
        refuse: "too-many-trailers trailer-too-long",
        node: "POST /, goes on",
        tsgi: "431",
      },
      {
        refuse: "trailer-without-end",
        node: "400; with a next one POST /",
        tsgi: "431",
      },
      {
        refuse: "bytes-after-a-body-too-large",
        node: 'POST / "hello!", GET /smuggled, goes on',
        tsgi: "413",
      },
      {
        refuse: "chunk-over-limit-in-one length-over-limit-with-zeros",
        node: 'POST / "hello!", goes on',
        tsgi: "413",
      },
      {
        refuse: "field-too-long-before-its-length length-after-the-last-field",
        node: 'POST / "hello", GET /smuggled, goes on',
        tsgi: "431",
      },
      {
        refuse: "request-line-too-long-in-a-second-request",
        node: "GET /123, GET /1234, goes on",
        tsgi: "GET /123, 414",
      },
      {
        refuse: "trailer-too-long-then-request",
        node: "POST /, GET /smuggled, goes on",
        tsgi: "431",
      },
    ],
  },
  {
    title: "Refused by both, with another status",
    node: "answers 400 to whatever its parser does not take",
    tsgi: "says what was too long or too large: 413, 414",
    why: "The status tells an honest client what to change.",
    rfc: "9110 15.5.14, 9110 15.5.15",
    groups: [
      {
        refuse: `
          chunk-size-over-safe-integer length-of-400-digits length-over-64-bits length-over-limit
          length-over-safe-integer chunk-size-32-bits chunk-size-safe-integer-in-two chunk-size-top-bit
          length-one-over-safe-integer
        `,
        node: "400",
        tsgi: "413",
      },
      {
        refuse: `
          request-line-of-carriage-returns request-line-without-end proxy-v1-without-end
          request-line-too-long-by-its-end request-line-too-long-by-its-method
        `,
        node: "400",
        tsgi: "414",
      },
    ],
  },
];
