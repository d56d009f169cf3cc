// Bodies of all sizes both ways, streams, forms, files.

import { createHash } from "node:crypto";
import { RawClient } from "../../support/client.ts";
import { pieces } from "../apps/parts.mjs";
import type { Behaviour, Group } from "../behaviour.ts";
import { type Answer, call } from "../call.ts";
import type { Facts } from "../verdict.ts";

const SIZES: readonly (readonly [id: string, title: string, size: number])[] = [
  ["0", "0 B", 0],
  ["1", "1 B", 1],
  ["64k", "64 KiB", 65_536],
  ["1m", "1 MiB", 1_048_576],
  ["50m", "50 MB", 50_000_000],
];

/** More than this is for the whole grid only. */
const CHEAP = 1_048_576;

const sums = new Map<number, string>();
function sumOf(size: number): string {
  let sum = sums.get(size);
  if (sum === undefined) {
    const hash = createHash("sha256");
    for (const piece of pieces(size)) hash.update(piece);
    sum = hash.digest("hex");
    sums.set(size, sum);
  }
  return sum;
}

const framingOf = ({ fields }: Answer): string =>
  fields["content-length"] === undefined ? (fields["transfer-encoding"] ?? "none") : "length";

const isSame = (sha256: string, size: number): string => (sha256 === sumOf(size) ? "same" : "other bytes");

function bodiesOf([id, title, size]: (typeof SIZES)[number]): Behaviour[] {
  const dear = size > CHEAP;
  const sent = async (port: number, to: string, isCounted: boolean): Promise<Answer> =>
    call(port, to, {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream", ...(isCounted ? { "Content-Length": String(size) } : {}) },
      body: pieces(size),
    });
  const upload = async (port: number, isCounted: boolean): Promise<Facts> => {
    const { status, text } = await sent(port, "/digest", isCounted);
    if (status !== 200) return { status, size: -1, body: "" };
    const found = JSON.parse(text) as { size: number; sha256: string };
    return { status, size: found.size, body: isSame(found.sha256, size) };
  };
  const whole = { status: 200, size, body: "same" };
  return [
    {
      ...{ id: `up-length-${id}`, title: `${title} up, with a length`, dear, expected: whole },
      observe: ({ port }) => upload(port, true),
    },
    {
      ...{ id: `up-chunked-${id}`, title: `${title} up, in chunks`, dear, expected: whole },
      observe: ({ port }) => upload(port, false),
    },
    {
      ...{ id: `down-length-${id}`, title: `${title} down, with a length`, dear },
      expected: { ...whole, framing: "length", complete: true },
      observe: async ({ port }) => {
        const answer = await call(port, `/bytes/${size}`);
        const { status, complete } = answer;
        return { status, size: answer.size, body: isSame(answer.sha256, size), framing: framingOf(answer), complete };
      },
    },
    {
      ...{ id: `down-chunked-${id}`, title: `${title} down, streamed`, dear },
      expected: { ...whole, complete: true },
      observe: async ({ port }) => {
        const answer = await call(port, `/chunks/${size}`);
        const { status, complete } = answer;
        return { status, size: answer.size, body: isSame(answer.sha256, size), complete };
      },
    },
    {
      ...{ id: `both-${id}`, title: `${title} both ways at once`, dear },
      expected: { ...whole, framing: "length", complete: true },
      observe: async ({ port }) => {
        const answer = await sent(port, "/echo", true);
        const { status, complete } = answer;
        return { status, size: answer.size, body: isSame(answer.sha256, size), framing: framingOf(answer), complete };
      },
    },
  ];
}

const stream: Behaviour = {
  id: "stream",
  title: "the first piece comes while the request is still being sent",
  expected: { early: "first", whole: "firstlast" },
  observe: async ({ port }) => {
    const client = await RawClient.connect(port);
    const type = "Content-Type: application/octet-stream\r\n";
    client.send(`POST /stream HTTP/1.1\r\nHost: example.com\r\n${type}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n`);
    try {
      const early = await client.until((received) => /first|^HTTP\/1.1 [45]/.test(received));
      client.send("0\r\n\r\n");
      const { body } = await client.response();
      return { early: early.includes("first") ? "first" : early.slice(0, 12), whole: body };
    } finally {
      client.close();
    }
  },
};

const sse: Behaviour = {
  id: "sse",
  title: "an event stream: an event at once, and no end",
  expected: { status: 200, type: "text/event-stream", event: "data: one", open: true },
  observe: async ({ port }) => {
    const client = await RawClient.connect(port);
    client.send("GET /sse HTTP/1.1\r\nHost: example.com\r\n\r\n");
    try {
      const text = await client.until(
        (received) => received.includes("data:") && received.split("data:")[1]!.includes("\n"),
      );
      const type = /^content-type: *([^;\r]*)/im.exec(text)?.[1] ?? "none";
      const event = /data: ?[^\r\n]*/.exec(text)?.[0] ?? "none";
      return {
        status: Number(text.slice(9, 12)),
        type,
        event: event.replace(/^data: ?/, "data: "),
        open: !client.ended,
      };
    } finally {
      client.close();
    }
  },
};

const form: Behaviour = {
  id: "upload",
  title: "a form with a field and a file of 100,000 bytes",
  expected: { status: 200, note: "h\u00e9llo", file: "a.bin", size: 100_000 },
  observe: async ({ port }) => {
    const lines = (name: string, more = "") =>
      `--grid\r\nContent-Disposition: form-data; name="${name}"${more === "" ? "" : `; filename="${more}"`}\r\n` +
      `${more === "" ? "" : "Content-Type: application/octet-stream\r\n"}\r\n`;
    const body = Buffer.concat([
      Buffer.from(`${lines("note")}h\u00e9llo\r\n${lines("file", "a.bin")}`),
      Buffer.alloc(100_000, 7),
      Buffer.from("\r\n--grid--\r\n"),
    ]);
    const headers = { "Content-Type": "multipart/form-data; boundary=grid", "Content-Length": String(body.length) };
    const { status, text } = await call(port, "/upload", { method: "POST", headers, body: [body] });
    const found = (status === 200 ? JSON.parse(text) : {}) as { note?: string; file?: string; size?: number };
    return { status, note: found.note ?? "none", file: found.file ?? "none", size: found.size ?? -1 };
  },
};

const file = (id: string, title: string, headers: Readonly<Record<string, string>>, expected: Facts): Behaviour => ({
  id: `file-${id}`,
  title,
  expected,
  observe: async ({ port }) => {
    const first = await call(port, "/file");
    const etag = first.fields["etag"] ?? '"none"';
    const filled = Object.entries(headers).map(([name, value]) => [name, value.replace("<etag>", etag)]);
    const answer = await call(port, "/file", { headers: Object.fromEntries(filled) });
    return Object.fromEntries(
      Object.keys(expected).map((name) => {
        if (name === "status") return [name, answer.status];
        return name === "size" ? [name, answer.size] : [name, answer.fields[name] ?? "none"];
      }),
    );
  },
});

const files: Behaviour[] = [
  file("whole", "a file", {}, { status: 200, size: 1_000 }),
  file(
    "range",
    "a part of it",
    { Range: "bytes=10-19" },
    { status: 206, size: 10, "content-range": "bytes 10-19/1000" },
  ),
  file(
    "range-end",
    "its last bytes",
    { Range: "bytes=-5" },
    { status: 206, size: 5, "content-range": "bytes 995-999/1000" },
  ),
  file(
    "range-beyond",
    "a part that is not there",
    { Range: "bytes=5000-" },
    { status: 416, "content-range": "bytes */1000" },
  ),
  file(
    "if-range",
    "If-Range of another version",
    { Range: "bytes=0-1", "If-Range": '"other"' },
    { status: 200, size: 1_000 },
  ),
  file("if-none-match", "If-None-Match with its ETag", { "If-None-Match": "<etag>" }, { status: 304, size: 0 }),
  file("if-match", "If-Match of another version", { "If-Match": '"other"' }, { status: 412 }),
];

export const BODIES: readonly Group[] = [
  { title: "Bodies", behaviours: SIZES.flatMap(bodiesOf) },
  { title: "Streams and forms", behaviours: [stream, sse, form] },
  { title: "Files", behaviours: files },
];
