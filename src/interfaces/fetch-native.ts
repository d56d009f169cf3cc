// The classes of the web platform that this Node has, kept before anything of ours stands in their place, and how a light class comes to
// look like one of them. Does not know what the light classes do.

import { inspect } from "node:util";

/** Node's own `Request`, whatever `globalThis.Request` is. */
export const NativeRequest: typeof Request = globalThis.Request;
/** Node's own `Response`, whatever `globalThis.Response` is. */
export const NativeResponse: typeof Response = globalThis.Response;
/** Node's own `Headers`. */
export const NativeHeaders: typeof Headers = globalThis.Headers;
/** Node's own `fetch`. */
export const nativeFetch: typeof fetch = globalThis.fetch;

/** Whether a value is of the platform's class or of the light one: both have the platform's prototype. */
export const isResponse = (value: unknown): value is Response => isBelow(NativeResponse.prototype, value);
export const isRequest = (value: unknown): value is Request => isBelow(NativeRequest.prototype, value);
export const isHeaders = (value: unknown): value is Headers => isBelow(NativeHeaders.prototype, value);

const isBelow = (prototype: object, value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.prototype.isPrototypeOf.call(prototype, value);

/** A class, as far as it is dressed here. */
interface Dressed {
  readonly name: string;
  readonly prototype: object;
}

/**
 * Makes the instances of a light class pass for a native one's: same prototype chain, same enumerable accessors. What a later Node adds to
 * the native class goes to the native object behind, since the light one has no place for it.
 */
export function dress<Light extends object>(light: Dressed, native: Dressed, behind: (light: Light) => object): void {
  const { prototype } = light;
  Object.setPrototypeOf(prototype, native.prototype);
  Object.defineProperty(light, "name", { value: native.name });
  for (const [key, theirs] of Object.entries(Object.getOwnPropertyDescriptors(native.prototype))) {
    const ours = Object.getOwnPropertyDescriptor(prototype, key);
    if (ours === undefined && theirs.get === undefined && typeof theirs.value !== "function") continue;
    if (ours !== undefined) Object.defineProperty(prototype, key, { ...ours, enumerable: theirs.enumerable === true });
    else Object.defineProperty(prototype, key, delegate(key, theirs, behind));
  }
  Object.defineProperty(prototype, inspect.custom, {
    value(this: Light, _depth: number, options: object) {
      return inspect(behind(this), options);
    },
    configurable: true,
  });
}

function delegate<Light extends object>(
  key: string,
  theirs: PropertyDescriptor,
  behind: (light: Light) => object,
): PropertyDescriptor & ThisType<Light> {
  const { enumerable = false, value } = theirs;
  if (typeof value === "function") {
    return {
      value(...args: readonly unknown[]) {
        return Reflect.apply(value as () => unknown, behind(this), args);
      },
      ...{ enumerable, writable: true, configurable: true },
    };
  }
  return {
    get() {
      return Reflect.get(behind(this), key) as unknown;
    },
    ...{ enumerable, configurable: true },
  };
}
