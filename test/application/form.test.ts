import assert from "node:assert/strict";
import { test } from "node:test";
import { FormFiles } from "../../src/application/form.ts";
import { UploadedFile } from "../../src/application/uploaded-file.ts";

test("files are found by the names of their fields, several in their order", () => {
  const [a, b, c] = ["x", "y", "x"].map(
    (name, i) => new UploadedFile({ name, filename: String(i), contentType: "", size: 0, kept: Buffer.alloc(0) }),
  ) as [UploadedFile, UploadedFile, UploadedFile];
  const files = new FormFiles([a, b, c]);
  assert.equal(files.size, 3);
  assert.equal(files.get("x"), a);
  assert.deepEqual(files.getAll("x"), [a, c]);
  assert.deepEqual([files.has("y"), files.has("z"), files.get("z"), files.getAll("z")], [true, false, undefined, []]);
  assert.deepEqual(
    [...files],
    [
      ["x", a],
      ["y", b],
      ["x", c],
    ],
  );
  assert.equal(new FormFiles().size, 0);
});
