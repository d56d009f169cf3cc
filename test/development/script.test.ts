import assert from "node:assert/strict";
import { test } from "node:test";
import vm from "node:vm";
import { PAGE_SCRIPT, reloadScript } from "../../src/development/script.ts";

/** As much of a browser as the scripts look at. */
function browser(root: Readonly<Record<string, string>>) {
  const listeners: Record<string, () => void> = {};
  const streams: FakeStream[] = [];
  const timers: (() => void)[] = [];
  const note = { hidden: true };
  let reloads = 0;
  class FakeStream {
    readonly url: string;
    readyState = 1;
    onerror?: () => void;
    readonly on: Record<string, (event: { data: string }) => void> = {};
    constructor(url: string) {
      this.url = url;
      streams.push(this);
    }
    addEventListener(name: string, listener: (event: { data: string }) => void): void {
      this.on[name] = listener;
    }
    close(): void {
      this.readyState = 2;
    }
  }
  const listen = (name: string, listener: () => void): void => {
    listeners[name] = listener;
  };
  const reload = (): void => {
    reloads += 1;
  };
  const attributes = { getAttribute: (name: string) => root[name] ?? null };
  const document = {
    visibilityState: "visible",
    documentElement: attributes,
    currentScript: { src: "http://x/shop/.tsgi/reload.js", ...attributes },
    getElementById: () => note,
    addEventListener: listen,
    removeEventListener: (name: string) => void delete listeners[name],
  };
  const window: Record<string, unknown> = {
    ...{ document, EventSource: FakeStream, URL, clearTimeout: () => {} },
    location: { reload },
    addEventListener: listen,
    setTimeout: (act: () => void) => timers.push(act),
  };
  window["window"] = window;
  return {
    ...{ streams, listeners, note, document, timers },
    run: (script: string) => vm.runInNewContext(script, window),
    reloads: () => reloads,
    last: () => streams.at(-1)!,
  };
}

test("a page reloads once when it hears of another start than its own, and not before", () => {
  const b = browser({ "data-boot": "1.1", "data-method": "GET" });
  b.run(PAGE_SCRIPT);
  assert.equal(b.last().url, ".tsgi/events");
  b.last().on["boot"]!({ data: "1.1" });
  assert.equal(b.reloads(), 0);
  b.last().on["boot"]!({ data: "1.2" });
  assert.equal(b.reloads(), 1);
  assert.equal(b.last().readyState, 2);
});

test("a page that came by another method than GET asks for it", () => {
  const b = browser({ "data-boot": "1.1", "data-method": "other" });
  b.run(PAGE_SCRIPT);
  b.last().on["boot"]!({ data: "1.2" });
  assert.deepEqual([b.reloads(), b.note.hidden], [0, false]);
});

test("only a page that is looked at holds a connection", () => {
  const b = browser({});
  b.document.visibilityState = "hidden";
  b.run(reloadScript("1.1"));
  assert.equal(b.streams.length, 0);
  b.document.visibilityState = "visible";
  b.listeners["visibilitychange"]!();
  assert.equal(b.streams.length, 1);
  b.document.visibilityState = "hidden";
  b.listeners["visibilitychange"]!();
  assert.equal(b.last().readyState, 2);
});

test("a stream that the browser gives up is asked for again", () => {
  const b = browser({});
  b.run(reloadScript("1.1"));
  b.last().readyState = 2;
  b.last().onerror!();
  b.timers.at(-1)!();
  assert.equal(b.streams.length, 2);
});

test("the script finds its stream beside itself, runs once, and has a start of its own where the tag says none", () => {
  const b = browser({});
  b.run(reloadScript("1.1"));
  b.run(reloadScript("1.1"));
  assert.deepEqual(
    b.streams.map(({ url }) => url),
    ["http://x/shop/.tsgi/events"],
  );
  b.last().on["boot"]!({ data: "1.2" });
  assert.equal(b.reloads(), 1);
  const tagged = browser({ "data-boot": "1.2" });
  tagged.run(reloadScript("1.1"));
  tagged.last().on["boot"]!({ data: "1.2" });
  assert.equal(tagged.reloads(), 0);
});
