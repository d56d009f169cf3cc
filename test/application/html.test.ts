import assert from "node:assert/strict";
import { test } from "node:test";
import { escapeHtml, Html, type HtmlValue, html, raw } from "../../src/application/html.ts";

test("what is put in is escaped, also in attributes", () => {
  const evil = `<script>alert("1" & '2')</script>`;
  assert.equal(
    String(html`<a title="${evil}">${evil}</a>`),
    '<a title="&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;">&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;</a>',
  );
  assert.equal(escapeHtml("a`b"), "a&#96;b");
});

test("Html goes in as it is, arrays piece by piece, nothing as nothing", () => {
  const items = ["a&b", html`<i>c</i>`, 1];
  assert.equal(
    String(html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`),
    "<ul><li>a&amp;b</li><li><i>c</i></li><li>1</li></ul>",
  );
  assert.equal(String(html`${null}${undefined}${false}${0}${10n}${""}`), "010");
  assert.equal(String(html`${raw("<b>")}${[["<", [">"]]]}`), "<b>&lt;&gt;");
});

test("backslashes of the template are read as in any template", () => {
  assert.equal(String(html`a\n${"b"}\u0041`), "a\nbA");
});

test("what has no text is refused", () => {
  for (const value of [{}, () => "x", Symbol("s"), true, new Date(0)] as unknown[]) {
    assert.throws(() => html`${value as HtmlValue}`, TypeError);
  }
});

test("a look-alike object is no Html", () => {
  assert.throws(() => html`${JSON.parse('{"text":"<b>"}') as HtmlValue}`, TypeError);
  assert.ok(html`` instanceof Html);
});
