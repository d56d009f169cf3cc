// How a light class comes to pass for a native one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import {
  dress,
  isHeaders,
  isRequest,
  isResponse,
  NativeHeaders,
  NativeRequest,
  NativeResponse,
} from "../../src/interfaces/fetch-native.ts";

class Native {
  get old(): string {
    return "native";
  }
  get later(): string {
    return "later";
  }
  add(a: number, b: number): number {
    return a + b;
  }
}
Object.defineProperty(Native.prototype, "later", {
  ...Object.getOwnPropertyDescriptor(Native.prototype, "later"),
  enumerable: true,
});
Object.defineProperty(Native.prototype, "constant", { value: 7 });

class Light {
  get old(): string {
    return "light";
  }
}

test("what the light class does not have is done by the native object behind it", () => {
  let made = 0;
  dress<Light>(Light, Native, () => {
    made += 1;
    return new Native();
  });
  const light = new Light() as unknown as Native & { readonly constant: number };
  assert.deepEqual([light.old, made, light instanceof Native, light.constant], ["light", 0, true, 7]);
  assert.deepEqual([light.later, light.add(1, 2), made, Light.name], ["later", 3, 2, "Native"]);
  assert.deepEqual(
    ["old", "later"].map((name) => Object.getOwnPropertyDescriptor(Light.prototype, name)?.enumerable),
    [false, true],
  );
  assert.equal(inspect(light), inspect(new Native()));
});

test("a value is known by its prototype, whatever it is", () => {
  assert(
    isResponse(new NativeResponse()) && isRequest(new NativeRequest("http://a/")) && isHeaders(new NativeHeaders()),
  );
  for (const other of [undefined, null, "x", {}, new NativeHeaders()]) assert(!isResponse(other) && !isRequest(other));
});
