import assert from "node:assert/strict";
import { test } from "node:test";
import { insert, spotIn } from "../../src/development/inject.ts";

/** With a bar where the tag goes. */
function marked(text: string): string | null {
  const spot = spotIn(text);
  return spot === null ? null : String(insert(text, spot.at, "|"));
}

test("the tag goes to the head's end, else its begin, else before the body, else behind the doctype", () => {
  for (const [page, expected] of [
    [
      "<!doctype html><html><head><title>x</title></head><body>",
      "<!doctype html><html><head><title>x</title>|</head><body>",
    ],
    [
      "<!DOCTYPE html><HTML><HEAD lang=x><meta charset=utf-8>",
      "<!DOCTYPE html><HTML><HEAD lang=x>|<meta charset=utf-8>",
    ],
    ["<html><head><body></head>", "<html><head>|<body></head>"],
    ["<html><body>x", "<html>|<body>x"],
    ["<!doctype html><p>x", "<!doctype html>|<p>x"],
    ["<html><p>x", "|<html><p>x"],
    ["<header>x</header>", null],
    ["<p>a fragment</p>", null],
    ["", null],
  ] as const) {
    assert.equal(marked(page), expected);
  }
});

test("what stands in scripts, styles, titles and comments is passed over", () => {
  const page =
    "<head><!-- </head> --><script>x='</head>'</script><title></head></title><style>/*</head>*/</style></head>";
  assert.equal(marked(page), page.replace(/<\/head>$/, "|</head>"));
});

test("bytes are cut where the text is, whatever the charset", () => {
  const page = Buffer.from("<!doctype html><title>é漢</title><body>é");
  const spot = spotIn(page)!;
  assert.equal(
    Buffer.from(insert(page, spot.at, "|") as Uint8Array).toString(),
    "<!doctype html><title>é漢</title>|<body>é",
  );
});

test("a page of scripts without an end costs no time", () => {
  const page = "<script><!--<title>".repeat(20_000);
  const before = performance.now();
  spotIn(page);
  assert.ok(performance.now() - before < 1_000);
});
