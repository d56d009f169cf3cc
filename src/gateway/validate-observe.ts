// Stands in front of an object that passes through the validator: some members are replaced, every other one is the object's own.
// `instanceof` goes on to answer for the object, so that a server knows its own file wrapper again. Judges nothing.

const REAL = new WeakMap<object, object>();

/**
 * A stand-in for `real`. Methods run on the object itself, for private fields and brands would not know the stand-in.
 *
 * @param own What the stand-in has in place of the members of `real`.
 */
export function observed<T extends object>(real: T, own: Readonly<Record<PropertyKey, unknown>>): T {
  // The target is empty: what is frozen in the object may be answered for differently. An array stays an array to Array.isArray.
  const target: object = Array.isArray(real) ? [] : {};
  return new Proxy(target, {
    get(_target, key) {
      if (Object.hasOwn(own, key)) return own[key];
      const value: unknown = Reflect.get(real, key, real);
      return typeof value === "function" && key !== "constructor" ? value.bind(real) : value;
    },
    set: (_target, key, value) => Reflect.set(real, key, value, real),
    has: (_target, key) => Object.hasOwn(own, key) || Reflect.has(real, key),
    deleteProperty: (_target, key) => Reflect.deleteProperty(real, key),
    ownKeys: () => Reflect.ownKeys(real),
    getPrototypeOf: () => Reflect.getPrototypeOf(real),
    getOwnPropertyDescriptor(_target, key) {
      const found = Reflect.getOwnPropertyDescriptor(real, key);
      // A Proxy may not call a property fixed that its target has not, and an array's length is fixed in both.
      if (found === undefined || (key === "length" && Array.isArray(target))) return found;
      return { ...found, configurable: true };
    },
  }) as T;
}

/** Lets `realOf` find what a stand-in stands for. */
export function remember<T extends object>(stand: T, real: T): T {
  REAL.set(stand, real);
  return stand;
}

/** What a value stands for, where that was remembered, behind every validator that it went through; else the value itself. */
export function realOf(value: unknown): unknown {
  let found = value;
  while (typeof found === "object" && found !== null && REAL.has(found)) found = REAL.get(found);
  return found;
}
