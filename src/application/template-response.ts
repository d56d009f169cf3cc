// A response that is not rendered yet, so that middlewares can still change its template and context (Django's SimpleTemplateResponse).
// Knows no template language: a template is a function.

import { blame } from "../modules/locate.ts";
import { isPromise } from "./promises.ts";
import { type Content, isContent, Response, type ResponseInit } from "./response-base.ts";
import { show } from "./response-headers.ts";
import type { MaybePromise } from "./types.ts";

// Through a method, so that a response of one context is a TemplateResponse to whoever does not care which.
interface TemplateShape<C> {
  call(context: C): MaybePromise<Content>;
}

/** Makes a page of what it is given; `html` is one way to write it, any template library another. */
export type Template<C> = TemplateShape<C>["call"];

/** Runs after the rendering; a response that it gives takes the place of the rendered one. */
export type PostRender = (response: Response) => Response | undefined;

export class TemplateResponse<C = unknown> extends Response {
  template: Template<C>;
  context: C;
  #rendered = false;
  #callbacks: PostRender[] | undefined = undefined;

  constructor(template: Template<C>, context: C, init?: ResponseInit) {
    super("", init);
    if (typeof template !== "function") {
      throw new TypeError(`TemplateResponse: the template is ${show(template)}: expected a function of the context`);
    }
    this.template = template;
    this.context = context;
  }

  get isRendered(): boolean {
    return this.#rendered;
  }

  /** @throws Error before it is rendered (Django's ContentNotRenderedError). */
  override get content(): string | Uint8Array {
    if (!this.#rendered)
      throw new Error("TemplateResponse: the content is not rendered yet: await response.render() first");
    return super.content;
  }

  /** Counts as its rendering. */
  override set content(content: Content) {
    super.content = content;
    this.#rendered = true;
  }

  /** At once where it is rendered already. */
  addPostRenderCallback(callback: PostRender): this {
    if (this.#rendered) callback(this);
    else {
      this.#callbacks ??= [];
      this.#callbacks.push(callback);
    }
    return this;
  }

  /** Renders it, once, and runs the callbacks. A promise only where the template gives one. */
  render(): MaybePromise<Response> {
    if (this.#rendered) return this;
    const content = this.template(this.context);
    return isPromise(content)
      ? Promise.resolve(content as Promise<Content>).then((text) => this.#finish(text))
      : this.#finish(content as Content);
  }

  #finish(content: Content): Response {
    if (!isContent(content)) throw wrongPage(this.template, content);
    this.content = content;
    let response: Response = this;
    for (const callback of this.#callbacks ?? []) {
      const given: unknown = callback(response) ?? response;
      if (!(given instanceof Response)) {
        throw new TypeError(
          `TemplateResponse: a post-render callback gave back ${show(given)}: expected a Response or nothing`,
        );
      }
      response = given;
    }
    return response;
  }
}

function wrongPage(template: Template<never>, content: unknown): TypeError {
  const hint = content === undefined ? " (is a return missing?)" : "";
  const text =
    `TemplateResponse: the template ${template.name === "" ? "without a name" : template.name} gave ${show(content)}: ` +
    `expected a string, bytes or Html${hint}`;
  return blame(new TypeError(text), template);
}
