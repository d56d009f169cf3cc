import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorStream } from "../../src/gateway/errors.ts";

test("whole lines go out at once, a part waits for its end or for flush", () => {
  const lines: string[] = [];
  const stream = new ErrorStream((line) => lines.push(line), "id-1");
  stream.write("a\nb");
  assert.deepEqual(lines, ["a"]);
  stream.write("c\n\nd");
  assert.deepEqual(lines, ["a", "bc", ""]);
  stream.flush();
  stream.flush();
  assert.deepEqual(lines, ["a", "bc", "", "d"]);
});

test("with a level, a text is one record of it, however many lines it has, and what waited goes out before", () => {
  const records: unknown[] = [];
  const stream = new ErrorStream((...record) => records.push(record), "id-1");
  stream.write("half");
  stream.write("Not Found: /a\n", "warn");
  stream.write("failed\n    at b\n    at c\n", "error");
  stream.write("line\n");
  stream.write("so", "loud" as never);
  assert.deepEqual(records, [
    ["half", "id-1", "error"],
    ["Not Found: /a", "id-1", "warn"],
    ["failed\n    at b\n    at c", "id-1", "error"],
    ["line", "id-1", "error"],
    ["so", "id-1", "error"],
  ]);
});

test("writelines adds no line ends, and odd values do not throw", () => {
  const lines: string[] = [];
  const stream = new ErrorStream((line) => lines.push(line), "id-1");
  stream.writelines(["a", "b\n", "\ud800\u0000\n"]);
  stream.write(undefined as unknown as string);
  stream.flush();
  assert.deepEqual(lines, ["ab", "\ud800\u0000", "undefined"]);
});
