// The form parser by itself: bytes in, events out, in every chunking.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpError } from "../../examples/paste/http-error.ts";
import { boundaryOf, MultipartParser } from "../../examples/paste/multipart.ts";
import { BOUNDARY, multipart } from "./paste-support.ts";

interface Part {
  readonly name: string;
  readonly filename: string | undefined;
  readonly contentType: string | undefined;
  value: string;
  ended: boolean;
}

/** The parts, with what came of each joined. */
function parse(chunks: readonly Buffer[], boundary = BOUNDARY): Part[] {
  const parser = new MultipartParser(boundary);
  const parts: Part[] = [];
  for (const chunk of chunks) {
    for (const event of parser.push(chunk)) {
      const part = parts.at(-1);
      if (event.type === "part") {
        assert.ok(part === undefined || part.ended, "a part began in another");
        const { name, filename, contentType } = event;
        parts.push({ name, filename, contentType, value: "", ended: false });
      } else {
        assert.ok(part !== undefined && !part.ended, `${event.type} outside of a part`);
        if (event.type === "end") part.ended = true;
        else {
          assert.ok(event.bytes.length > 0, "an empty piece of data");
          part.value += event.bytes.toString("latin1");
        }
      }
    }
  }
  parser.finish();
  return parts;
}

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const isRefused = (error: unknown) => error instanceof HttpError && error.status === "400 Bad Request";

// Everything that looks like the beginning of a boundary and is none, right before one that is.
const NASTY = `\r\n--${BOUNDARY.slice(0, -1)}\r\r\n\r\n-\r\n--\r\n--${BOUNDARY.slice(0, 9)}\n--${BOUNDARY}\x00\xff\r`;

const FORM = multipart([
  { name: "title", value: "" },
  { name: "file", value: NASTY, filename: "a b;c.txt", type: "text/plain; charset=utf-8" },
  { name: "expires", value: "1d" },
]);
const PARTS: readonly Part[] = [
  { name: "title", filename: undefined, contentType: undefined, value: "", ended: true },
  { name: "file", filename: "a b;c.txt", contentType: "text/plain; charset=utf-8", value: NASTY, ended: true },
  { name: "expires", filename: undefined, contentType: undefined, value: "1d", ended: true },
];

test("a form says the same whole, byte by byte, and cut at every position", () => {
  const wire = bytes(FORM.body);
  assert.deepEqual(parse([wire]), PARTS);
  assert.deepEqual(parse(Array.from(wire, (_byte, i) => wire.subarray(i, i + 1))), PARTS);
  for (let cut = 1; cut < wire.length; cut += 1) {
    assert.deepEqual(parse([wire.subarray(0, cut), wire.subarray(cut)]), PARTS, `cut at ${cut}`);
  }
});

test("a small form says the same cut at every two positions", () => {
  const wire = bytes("--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n\r\n--\r\n--b--");
  const expected = [{ name: "f", filename: "x", contentType: undefined, value: "\r\n--", ended: true }];
  for (let first = 0; first <= wire.length; first += 1) {
    for (let second = first; second <= wire.length; second += 1) {
      const chunks = [wire.subarray(0, first), wire.subarray(first, second), wire.subarray(second)];
      assert.deepEqual(parse(chunks, "b"), expected, `cut at ${first} and ${second}`);
    }
  }
});

test("a form that ends anywhere before its last boundary is refused", () => {
  const wire = bytes(FORM.body);
  const last = wire.lastIndexOf(`--${BOUNDARY}--`) + BOUNDARY.length + 4;
  for (let end = 0; end < last; end += 1) {
    assert.throws(() => parse([wire.subarray(0, end)]), isRefused, `ends at ${end}`);
  }
  assert.deepEqual(parse([wire.subarray(0, last)]), PARTS);
});

test("what stands before the first boundary and after the last is not part of the form", () => {
  const wire = bytes(
    `This is a form.\r\n--b \t\r\nContent-Disposition: form-data; name="f"\r\n\r\nv\r\n--b--\r\n--b\r\nmore`,
  );
  assert.deepEqual(parse([wire], "b"), [
    { name: "f", filename: undefined, contentType: undefined, value: "v", ended: true },
  ]);
});

test("a large part passes through in pieces no larger than what came, and all but a boundary's length at once", () => {
  const parser = new MultipartParser("b");
  [...parser.push(bytes('--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n'))];
  let seen = 0;
  for (let sent = 65_536; sent <= 655_360; sent += 65_536) {
    for (const event of parser.push(Buffer.alloc(65_536, "\r"))) {
      assert.equal(event.type, "data");
      if (event.type === "data") {
        assert.ok(event.bytes.length <= 65_536 + 4);
        seen += event.bytes.length;
      }
    }
    assert.ok(sent - seen < "\r\n--b".length, `${sent - seen} bytes are held back`);
  }
});

const head = (text: string): Buffer => bytes(`--b\r\n${text}\r\n\r\nv\r\n--b--`);

test("names of fields and files are read as browsers, curl and old clients write them", () => {
  const cases: readonly [disposition: string, name: string, filename: string | undefined][] = [
    ['form-data; name="f"', "f", undefined],
    ["FORM-DATA ; NAME=f", "f", undefined],
    ['form-data; name="file"; filename=""', "file", ""],
    ['form-data; filename="x.txt"; name="f"', "f", "x.txt"],
    ['form-data; name="f"; filename="say %22hi%22.txt"', "f", 'say "hi".txt'],
    ['form-data; name="f"; filename="say \\"hi\\" \\\\.txt"', "f", 'say "hi" \\.txt'],
    ['form-data; name="f"; filename="C:\\dir\\x.txt"', "f", "C:\\dir\\x.txt"],
    [`form-data; name="f"; filename="${Buffer.from("grüße.txt").toString("latin1")}"`, "f", "grüße.txt"],
  ];
  for (const [disposition, name, filename] of cases) {
    const [part] = parse([head(`content-disposition: ${disposition}`)], "b");
    assert.deepEqual([part?.name, part?.filename], [name, filename], disposition);
  }
});

test("a part that does not say which field it is, or whose head is malformed or too long, is refused", () => {
  const cases = [
    "Content-Type: text/plain",
    'Content-Disposition: attachment; name="f"',
    "Content-Disposition: form-data",
    'Content-Disposition: form-data; filename="x"',
    'Content-Disposition: form-data; name="f',
    "Content-Disposition",
    `Content-Disposition: form-data; name="${"x".repeat(9_000)}"`,
    `Content-Disposition: form-data; name="${"\\".repeat(8_000)}`,
  ];
  for (const text of cases) assert.throws(() => parse([head(text)], "b"), isRefused, text.slice(0, 60));
  assert.throws(
    () => parse([bytes("--bc\r\n\r\n\r\n--b--")], "b"),
    isRefused,
    "a line that only begins like a boundary",
  );
});

test("a head that never ends is refused before it fills the memory", () => {
  const parser = new MultipartParser("b");
  [...parser.push(bytes("--b\r\n"))];
  assert.throws(() => {
    for (let i = 0; i < 100; i += 1) [...parser.push(Buffer.alloc(1_000, "x"))];
  }, isRefused);
});

test("the boundary is taken from the Content-Type, quoted or not, and one of more than 70 characters is refused", () => {
  assert.equal(boundaryOf("multipart/form-data; boundary=abc"), "abc");
  assert.equal(boundaryOf('multipart/form-data; charset=utf-8; BOUNDARY="a b:c" ; x=y'), "a b:c");
  assert.equal(boundaryOf(`multipart/form-data; boundary=${"b".repeat(70)}`), "b".repeat(70));
  for (const wrong of ["", "; boundary=", '; boundary=""', `; boundary=${"b".repeat(71)}`, "; xboundary=abc"]) {
    assert.throws(() => boundaryOf(`multipart/form-data${wrong}`), isRefused, wrong);
  }
});
