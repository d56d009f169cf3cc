import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { removeFile, safeFilename, UploadedFile } from "../../src/application/uploaded-file.ts";
import { tempFolder } from "../support/temp-folder.ts";

const parts = { name: "f", filename: "a.txt", contentType: "text/plain", size: 3 };

test("in memory and on disk it reads, streams and saves the same; a file that exists is not overwritten by chance", async (t) => {
  const folder = tempFolder(t, { kept: "abc" });
  for (const kept of [Buffer.from("abc"), join(folder, "kept")]) {
    const file = new UploadedFile({ ...parts, kept });
    const target = join(folder, `saved-${file.inMemory}`);
    assert.equal(file.path, typeof kept === "string" ? kept : undefined);
    assert.equal(String(await file.read()), "abc");
    const blocks: Buffer[] = [];
    for await (const block of file.stream()) blocks.push(block as Buffer);
    assert.equal(blocks.length, 1);
    assert.equal(String(blocks[0]), "abc");
    await file.saveTo(target);
    assert.equal(readFileSync(target, "utf8"), "abc");
    writeFileSync(target, "mine");
    await assert.rejects(file.saveTo(target), { code: "EEXIST" });
    assert.equal(readFileSync(target, "utf8"), "mine");
    await file.saveTo(target, { overwrite: true });
    assert.equal(readFileSync(target, "utf8"), "abc");
    await file.remove();
    await file.remove();
    await assert.rejects(file.read(), /a\.txt.*until the response is over/);
    assert.throws(() => file.stream(), /until the response is over/);
  }
  assert.equal(existsSync(join(folder, "kept")), false);
});

test("removing what is gone is no error", async (t) => {
  await removeFile(join(tempFolder(t), "nothing"));
});

test("a filename is the last part of what the client said, without what could be a path or hide an ending", () => {
  const rows = [
    ["a.txt", "a.txt"],
    ["C:\\docs\\a.txt", "a.txt"],
    ["/etc/passwd", "passwd"],
    ["../../a", "a"],
    ["a/", "file"],
    ["..", "file"],
    [".", "file"],
    ["", "file"],
    ["a\0.png\r\n", "a.png"],
    ["cod\u202egnp.exe", "codgnp.exe"],
    ["\ud800.txt", "\ufffd.txt"],
    [`${"x".repeat(300)}.txt`, `${"x".repeat(200)}${"x".repeat(51)}.txt`],
    // By bytes, as file systems count, and of whole characters.
    [`${"😀".repeat(300)}.txt`, `${"😀".repeat(62)}.txt`],
    [`${"é".repeat(127)}a`, `${"é".repeat(127)}a`],
  ] as const;
  for (const [given, expected] of rows) assert.equal(safeFilename(given), expected, given);
});
