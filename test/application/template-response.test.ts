import assert from "node:assert/strict";
import { test } from "node:test";
import { html } from "../../src/application/html.ts";
import { Response, type Template, TemplateResponse } from "../../src/application/response.ts";

const page: Template<{ name: string }> = ({ name }) => html`<p>${name}</p>`;

test("it is rendered once, with what template and context are by then", () => {
  const response = new TemplateResponse(page, { name: "a" }, { status: 201 });
  assert.equal(response.isRendered, false);
  assert.throws(() => response.content, /render/);
  response.context = { name: "<b>" };
  assert.equal(response.render(), response);
  assert.equal(response.content, "<p>&lt;b&gt;</p>");
  response.context = { name: "c" };
  response.render();
  assert.equal(response.content, "<p>&lt;b&gt;</p>");
  assert.equal(response.status, 201);
});

test("only a template that waits gives a promise", async () => {
  const response = new TemplateResponse(async ({ n }: { n: number }) => `n is ${n}`, { n: 1 });
  const rendering = response.render();
  assert.ok(rendering instanceof Promise);
  assert.equal((await rendering).content, "n is 1");
});

test("callbacks run after the rendering, in order; what they give takes its place", () => {
  const calls: unknown[] = [];
  const other = new Response("other");
  const response = new TemplateResponse(page, { name: "a" })
    .addPostRenderCallback((rendered) => {
      calls.push(rendered.content);
      return undefined;
    })
    .addPostRenderCallback(() => other)
    .addPostRenderCallback((rendered) => {
      calls.push(rendered);
      return undefined;
    });
  assert.equal(response.render(), other);
  assert.deepEqual(calls, ["<p>a</p>", other]);
  response.addPostRenderCallback(() => {
    calls.push("at once");
    return undefined;
  });
  assert.equal(calls[2], "at once");
});

test("a template that gives no page is named, and on top of the stack", async () => {
  const page = (): never => undefined as never;
  assert.throws(
    () => new TemplateResponse(page, 1).render(),
    (error: Error) =>
      /the template page gave undefined: expected a string, bytes or Html \(is a return missing\?\)$/.test(
        error.message,
      ) && /^ {4}at page \(\/.*template-response\.test\.ts:\d+:\d+\)$/.test(error.stack!.split("\n")[1]!),
  );
  const later = new TemplateResponse(async () => 5 as never, 1);
  await assert.rejects(async () => later.render(), /without a name gave 5: expected/);
});

test("content that is set counts as rendered; a template that throws leaves it unrendered", () => {
  const response = new TemplateResponse(page, { name: "a" });
  response.content = "set";
  assert.deepEqual([response.isRendered, (response.render() as Response).content], [true, "set"]);
  const failing = new TemplateResponse(() => {
    throw new Error("template");
  }, {});
  assert.throws(() => failing.render(), /template/);
  assert.equal(failing.isRendered, false);
  assert.throws(() => new TemplateResponse("page.html" as unknown as Template<object>, {}), /expected a function/);
});

test("a callback that gives what is no response is named", () => {
  const response = new TemplateResponse(page, { name: "a" }).addPostRenderCallback(() => "text" as never);
  assert.throws(() => response.render(), /post-render callback gave back "text"/);
});
