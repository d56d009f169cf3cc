import assert from "node:assert/strict";
import { test } from "node:test";
import { compileGlob, compileIgnore, sorted } from "../../src/watch/globs.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("a glob matches the files that it names, and none that an editor makes for a moment", () => {
  for (const [glob, path, isMatch] of [
    ["/p/views/**/*.html", "/p/views/a.html", true],
    ["/p/views/**/*.html", "/p/views/a/b/c.html", true],
    ["/p/views/**/*.html", "/p/views/a.css", false],
    ["/p/views/**/*.html", "/p/views2/a.html", false],
    ["/p/*.{yml,yaml}", "/p/a.yaml", true],
    ["/p/*.{yml,yaml}", "/p/b/a.yaml", false],
    ["/p/**", "/p/.hidden", false],
    ["/p/**/.env*", "/p/a/.env.local", true],
    ["/p/**", "/p/4913", false],
    ["/p/**", "/p/a.html~", false],
    ["/p/**/.*", "/p/.a.html.swp", false],
    ["/p/**", "/p/#a.html#", false],
  ] as const) {
    assert.equal(compileGlob(glob).matches(path), isMatch, `${glob}: ${path}`);
  }
});

test("the search begins below what is fixed and enters no folder that cannot hold a match, packages and dots included", () => {
  for (const [glob, base, folder, isEntered] of [
    ["/p/views/**/*.html", "/p/views", "/p/views/a/b/c", true],
    ["/p/views/*.html", "/p/views", "/p/views/a", false],
    ["/p/*/x/*.html", "/p", "/p/a/x", true],
    ["/p/*/x/*.html", "/p", "/p/a/x/y", false],
    ["/p/{a/b,c}/*.html", "/p", "/p/a/b", true],
    ["/p/**", "/p", "/p/node_modules", false],
    ["/p/**", "/p", "/p/.git", false],
    ["/p/**/node_modules/x/**", "/p", "/p/node_modules", true],
    ["/p/**/.well-known/*", "/p", "/p/.well-known", true],
  ] as const) {
    const compiled = compileGlob(glob);
    assert.equal(compiled.base, base, glob);
    assert.equal(compiled.enters(folder), isEntered, `${glob}: ${folder}`);
  }
});

test("what is there under exactly that name is meant by it: folders with signs of globs, folders for all that is in them", (t) => {
  const folder = tempFolder(t, { "my (app)/[id]/page.html": "", "plain/a.html": "", "b[1].html": "" });
  const inside = compileGlob(`${folder}/my (app)/[id]/*.html`);
  assert.equal(inside.base, `${folder}/my (app)/[id]`);
  assert.equal(inside.matches(`${folder}/my (app)/[id]/page.html`), true);
  const { globs, files } = sorted([`${folder}/plain`, `${folder}/b[1].html`, `${folder}/none.html`, `${folder}/*.md`]);
  assert.deepEqual(files, [`${folder}/b[1].html`, `${folder}/none.html`]);
  assert.deepEqual(
    globs.map(({ base }) => base),
    [`${folder}/plain`, folder],
  );
  assert.equal(globs[0]!.matches(`${folder}/plain/deep/a.html`), true);
});

test("to ignore a path or a glob is to ignore what is below it, dots too, and nothing beside it", (t) => {
  const folder = tempFolder(t, { "(data)/a.json": "", "data2/b.json": "" });
  for (const [text, path, isIgnored] of [
    [`${folder}/(data)`, `${folder}/(data)/a.json`, true],
    [`${folder}/(data)/a.json`, `${folder}/(data)/a.json`, true],
    [`${folder}/none`, `${folder}/none/.x`, true],
    [`${folder}/none`, `${folder}/none2`, false],
    [`${folder}/data*`, `${folder}/data2/.deep/b.json`, true],
    [`${folder}/data*`, `${folder}/date`, false],
    [`${folder}/**/*.json`, `${folder}/x/.y/b.json`, true],
  ] as const) {
    assert.equal(compileIgnore([text])(path), isIgnored, `${text}: ${path}`);
  }
  assert.equal(compileIgnore([])("/any"), false);
});
