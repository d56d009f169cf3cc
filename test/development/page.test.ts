import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { errorPage, type PageParts, pagePolicy } from "../../src/development/page.ts";
import type { FailureDetails } from "../../src/modules/details.ts";

const EVIL = `</title><script>alert("x")</script>'`;

const DETAILS: FailureDetails = {
  name: "TypeError",
  message: `first ${EVIL}\nsecond`,
  place: { file: "/site/app.ts", line: 2, column: 3 },
  excerpt: `  1 | a\n> 2 | b ${EVIL}\n    |   ^`,
  frames: [
    { callee: "run", file: "/site/app.ts", line: 2, column: 3, owner: "application" },
    { callee: "x", file: "node:fs", line: 1, column: 1, owner: "node" },
  ],
  causes: [{ name: "Error", message: EVIL, place: null, excerpt: "", frames: [], causes: [] }],
};

const page = (changes: Partial<PageParts> = {}): string =>
  errorPage({
    shown: { heading: "It failed", text: "", details: DETAILS },
    head: { method: "GET", target: `/?${EVIL}`, fields: ["user-agent", EVIL, "cookie", "sessionid=hunter2"] },
    ...{ requestId: "id-1", root: "/site", boot: "1.2" },
    ...changes,
  });

const scriptsOf = (html: string): readonly string[] =>
  [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map((match) => match[1]!);

test("it has the message, the place, the marked line, the program's calls before the folded others, causes and request", () => {
  const html = page();
  assert.match(html, /<title>TypeError: first /);
  assert.match(html, /<span class="name">TypeError<\/span>: first/);
  assert.match(html, /<p class="place"><code>app\.ts:2:3<\/code>/);
  assert.match(html, /<span class="here">&gt; 2 \| b /);
  assert.match(html, /<span class="caret"> +\| +\^/);
  assert.match(
    html,
    /<ol class="own"><li><code><b>run<\/b> app\.ts:2:3<\/code><\/li><\/ol><details><summary>1 call of Node/,
  );
  assert.match(html, /<h2>Caused by<\/h2>/);
  assert.match(html, /<dt>user-agent<\/dt>/);
});

test("whatever was thrown or sent is text, and what is named like a secret is not there", () => {
  const html = page();
  assert.doesNotMatch(html, /<script>alert|hunter2/);
  assert.equal(html.match(/<\/title>/g)?.length, 1);
});

test("its policy lets its own style and script through and nothing else, and nothing comes from elsewhere", () => {
  const html = page();
  const [style] = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)].map((match) => match[1]!);
  for (const [kind, text] of [
    ["style", style],
    ["script", scriptsOf(html)[0]],
  ] as const) {
    const hash = createHash("sha256").update(text!).digest("base64");
    assert.ok(pagePolicy().includes(`${kind}-src 'sha256-${hash}'`), kind);
  }
  assert.match(pagePolicy(), /^default-src 'none';/);
  assert.equal(scriptsOf(html).length, 1);
  assert.doesNotMatch(html, / (?:src|href|on\w+|style)=/);
});

test("it knows which start it is of; where none is watched for it has no script", () => {
  assert.match(page(), /<html lang="en" data-boot="1\.2" data-method="GET">/);
  const post = page({ head: { method: "POST", target: "/", fields: [] } });
  assert.match(post, /data-method="other"/);
  const still = page({ boot: null });
  assert.doesNotMatch(still, /<script|data-boot|reloads/);
});

test("where nothing was thrown the text is all there is", () => {
  const html = page({ shown: { heading: "No export", text: "app.ts has no <x>\n\nit has: y", details: null } });
  assert.match(html, /<h1>app\.ts has no &lt;x&gt;<\/h1>/);
  assert.match(html, /<pre>it has: y<\/pre>/);
});
