import assert from "node:assert/strict";
import { test } from "node:test";
import { OPTION_KEYS, OPTIONS, RELOAD_EFFECTS, rowOf } from "../../src/config/options.ts";
import { columns, defaultText, errorsPage, settingsPage, wrap } from "../../src/config/render.ts";
import { FAILURES } from "../../src/errors.ts";

test("text is wrapped at words, and a word that is too long stays whole", () => {
  assert.deepEqual(wrap("a bb ccc dddd", 6), ["a bb", "ccc", "dddd"]);
  assert.deepEqual(wrap("a bbbbbbbb c", 4), ["a", "bbbbbbbb", "c"]);
  assert.deepEqual(wrap("", 4), [""]);
});

test("the second column is aligned, also where it is wrapped, and never narrower than 24", () => {
  const lines = [
    { left: "a", right: "one" },
    { left: "bbb", right: "some words which are wrapped here" },
  ];
  assert.equal(columns(lines, 36), "  a    one\n  bbb  some words which are wrapped\n       here");
  assert.equal(columns(lines, 1), "  a    one\n  bbb  some words which are\n       wrapped here");
  assert.equal(columns(lines.slice(0, 1), 80, lines), "  a    one");
});

test("a default is shown as a person writes it, and a computed one in its words", () => {
  assert.equal(defaultText(rowOf("limitBody")), "1G");
  assert.equal(defaultText(rowOf("timeout")), "30s");
  assert.equal(defaultText(rowOf("accessLog")), "off");
  assert.equal(defaultText(rowOf("logFormat")), "pretty on a terminal, json elsewhere");
  assert.throws(() => defaultText({ ...rowOf("chdir"), defaultText: null }), TypeError);
});

test("the settings page has an entry for each option with flag, variables, default and the effect of a reload", () => {
  const page = settingsPage();
  for (const key of OPTION_KEYS) {
    const entry = page.split(`\n### ${key}\n`)[1]?.split("\n##")[0] ?? "";
    const { detail, reload, flags, arg } = OPTIONS[key];
    for (const part of [detail, RELOAD_EFFECTS[reload], `\`${flags} ${arg}\``.replace("` ", "`"), `key: \`${key}\``]) {
      assert.ok(entry.includes(part), `${key}: ${part}`);
    }
  }
  assert.match(page, /variable: `TSGI_WORKERS`, then `WEB_CONCURRENCY`/);
  assert.match(page, /`TSGI_CONFIG`/);
  assert.match(page, /\| `%\(h\)s` \|/);
});

test("the errors page has a row for each failure", () => {
  for (const [code, { exit, means }] of Object.entries(FAILURES)) {
    assert.ok(errorsPage().includes(`| ${exit} | \`${code}\` | ${means} |`), code);
  }
});
