import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { checkFolder, readEnvFile, reason } from "../../src/config/disk.ts";
import { TsgiError } from "../../src/errors.ts";
import { tempFolder } from "../support/temp-folder.ts";

const fails = (code: string, message: string, act: () => unknown): void =>
  assert.throws(act, (error) => {
    assert.ok(error instanceof TsgiError);
    assert.deepEqual({ code: error.code, message: error.message }, { code, message });
    return true;
  });

test("a folder that is there passes; a file, or nothing, is refused with where it was said", (t) => {
  const folder = tempFolder(t, { file: "" });
  checkFolder(folder, "flag --chdir");
  fails("chdir", `cannot change to ${join(folder, "file")} (flag --chdir): not a folder`, () =>
    checkFolder(join(folder, "file"), "flag --chdir"),
  );
  fails("chdir", `cannot change to ${join(folder, "no")} (flag --chdir): no such file or folder`, () =>
    checkFolder(join(folder, "no"), "flag --chdir"),
  );
  fails("chdir", `cannot change to ${join(folder, "file/x")} (flag --chdir): a part of the path is no folder`, () =>
    checkFolder(join(folder, "file/x"), "flag --chdir"),
  );
});

test("an env file is read as node --env-file reads it, with or without a byte order mark", (t) => {
  const folder = tempFolder(t, { ".env": `\uFEFFA=1\n# no\nexport B="two words"\nC='x\ny' # end\n\nD=\n` });
  assert.deepEqual(
    { ...readEnvFile(join(folder, ".env"), "flag --env-file") },
    { A: "1", B: "two words", C: "x\ny", D: "" },
  );
});

test("an env file that cannot be read, or cannot be an environment, is refused", (t) => {
  const folder = tempFolder(t, { nul: "A=x\0y\n" });
  fails("env-file", `cannot read the env file ${join(folder, "no")} (x): no such file or folder`, () =>
    readEnvFile(join(folder, "no"), "x"),
  );
  fails("env-file", `cannot read the env file ${folder} (x): it is a folder`, () => readEnvFile(folder, "x"));
  fails("env-file", `cannot use the env file ${join(folder, "nul")} (x): it holds a NUL byte`, () =>
    readEnvFile(join(folder, "nul"), "x"),
  );
});

test("an error that has no words of ours keeps its own", () => {
  assert.equal(reason(Object.assign(new Error("x"), { code: "EACCES" })), "permission denied");
  assert.equal(reason(new Error("ENAMETOOLONG: name too long")), "ENAMETOOLONG: name too long");
  assert.equal(reason("odd"), "odd");
});
