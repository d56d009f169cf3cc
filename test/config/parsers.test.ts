import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accessFormat,
  bindAddresses,
  controlPath,
  duration,
  fileOrOutput,
  type Kind,
  listOf,
  milliseconds,
  octal,
  oneOf,
  orNothing,
  path,
  type Surroundings,
  size,
  text,
  variables,
  whole,
} from "../../src/config/parsers.ts";

const AROUND: Surroundings = { absolute: (given) => `/base/${given}`, availableWorkers: () => 6, isTerminal: false };

interface Cases {
  readonly kind: Kind<unknown, unknown>;
  readonly good: readonly (readonly [given: unknown, value: unknown])[];
  /** What is given, and the part that is shown, where that is not all of it. */
  readonly bad: readonly unknown[];
  readonly fits: string;
  readonly shows: readonly (readonly [value: unknown, text: string])[];
}

const KINDS: Readonly<Record<string, Cases>> = {
  "a whole number with a least": {
    kind: whole({ min: 1 }),
    good: [
      ["1", 1],
      ["9007199254740991", 9_007_199_254_740_991],
      [7, 7],
      ["007", 7],
    ],
    bad: [
      "0",
      "",
      " 1",
      "1 ",
      "+1",
      "-1",
      "1.0",
      "1e3",
      "0x10",
      "9007199254740992",
      0,
      1.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      true,
      null,
      undefined,
      [],
      {},
      1n,
    ],
    fits: "a whole number of at least 1",
    shows: [[7, "7"]],
  },
  "a whole number with a least and a most": {
    kind: whole({ min: 0, max: 65_535 }),
    good: [
      ["0", 0],
      ["65535", 65_535],
    ],
    bad: ["65536", 65_536, "-1"],
    fits: "a whole number from 0 to 65535",
    shows: [],
  },
  "a number of milliseconds": {
    kind: milliseconds(),
    good: [
      ["200", 0.2],
      [200, 0.2],
      ["0", 0],
      ["1s", 1],
      ["1.5s", 1.5],
      ["500ms", 0.5],
    ],
    bad: ["", "-1", "x", null, "25h", true],
    fits: "milliseconds from 0 to 24h, such as 200, 500ms or 1s",
    shows: [
      [0.2, "200ms"],
      [0, "0"],
      [2, "2s"],
    ],
  },
  "a control socket": {
    kind: controlPath,
    good: [
      ["off", "off"],
      ["beside", "beside"],
      ["x.ctl", "/base/x.ctl"],
    ],
    bad: ["", null, 5, "a\0b"],
    fits: "a path, beside (the pid file), or off",
    shows: [["/x", "/x"]],
  },
  "a duration": {
    kind: duration(),
    good: [
      ["30", 30],
      ["0", 0],
      ["0.5", 0.5],
      ["500ms", 0.5],
      ["300ms", 0.3],
      ["30s", 30],
      ["1m", 60],
      ["1.5m", 90],
      ["2h", 7_200],
      ["24h", 86_400],
      [1.25, 1.25],
      [0, 0],
    ],
    bad: ["", "s", "-1", -1, "1d", "1 s", "1S", ".5", "5.", "25h", 86_401, "1e3", Number.NaN, true, null],
    fits: "seconds from 0 to 24h, such as 30, 0.5, 500ms, 1m or 2h",
    shows: [
      [0, "0"],
      [30, "30s"],
      [0.3, "300ms"],
      [0.057, "57ms"],
      [90, "90s"],
    ],
  },
  "a size": {
    kind: size({ min: 64, max: 1_048_576 }),
    good: [
      ["8190", 8190],
      ["8K", 8_192],
      ["8k", 8_192],
      ["1M", 1_048_576],
      [64, 64],
    ],
    bad: ["63", "2M", "1G", "", "K", "8KB", "8 K", "1.5K", "-8K", 63, 64.5, true],
    fits: "bytes from 64 to 1M, such as 8190, 64K, 10M or 1G",
    shows: [
      [8_190, "8190"],
      [8_192, "8K"],
      [1_048_576, "1M"],
      [0, "0"],
    ],
  },
  "permission bits": {
    kind: octal(),
    good: [
      ["027", 0o027],
      ["660", 0o660],
      ["0o077", 0o077],
      ["0", 0],
      ["0777", 0o777],
    ],
    bad: ["1000", "8", "0x1", "", "u+rw", 27, 0o27],
    fits: 'an octal number from 0 to 777 (as text in the configuration file, such as "027")',
    shows: [
      [0o027, "027"],
      [0, "000"],
    ],
  },
  "one of some words": {
    kind: oneOf(["warn", "fatal"], { warning: "warn" }),
    good: [
      ["warn", "warn"],
      ["WARN", "warn"],
      ["Warning", "warn"],
    ],
    bad: ["", "loud", "constructor", "toString", 1, null],
    fits: "warn or fatal",
    shows: [["warn", "warn"]],
  },
  "a text": {
    kind: text("a name", { max: 5, pattern: /^[^:]+$/ }),
    good: [
      ["abc", "abc"],
      ["a b", "a b"],
      ["äöü", "äöü"],
      [1000, "1000"],
    ],
    bad: ["", "toolong", "a:b", "a\nb", "a\x1bb", null, true, {}],
    fits: "a name",
    shows: [["abc", "abc"]],
  },
  "a path": {
    kind: path("a folder"),
    good: [["x", "/base/x"]],
    bad: ["", "a\0b", 1, null],
    fits: "a folder",
    shows: [["/base/x", "/base/x"]],
  },
  "a file or standard output, or nothing": {
    kind: orNothing(fileOrOutput, { off: true }),
    good: [
      ["-", "-"],
      ["x.log", "/base/x.log"],
      ["off", null],
      [null, null],
    ],
    bad: ["", 1, false],
    fits: "a file, - for standard output, or off",
    shows: [
      [null, "off"],
      ["-", "-"],
    ],
  },
  "a value that only the file can take back": {
    kind: orNothing(path("a folder"), { off: false }),
    good: [
      ["off", "/base/off"],
      [null, null],
    ],
    bad: ["", undefined],
    fits: "a folder",
    shows: [[null, "none"]],
  },
  "an access log format": {
    kind: accessFormat,
    good: [
      ["combined", "combined"],
      ["json", "json"],
      ["%(h)s %%", "%(h)s %%"],
    ],
    bad: ["", "%(nonsense)s", "%h", 1],
    fits: "combined, common, json, dev, or a template such as %(h)s %(r)s %(s)s",
    shows: [["combined", "combined"]],
  },
};

for (const [name, { kind, good, bad, fits, shows }] of Object.entries(KINDS)) {
  test(`${name}: what fits becomes its value, and what does not is given back`, () => {
    for (const [given, value] of good) assert.deepEqual(kind.read(given, AROUND), { ok: true, value }, String(given));
    for (const given of bad) {
      const reading = kind.read(given, AROUND);
      assert.equal(reading.ok, false, String(given));
      assert.deepEqual(reading.ok ? undefined : reading.part, given);
    }
    assert.equal(kind.fits, fits);
    for (const [value, shown] of shows) assert.equal(kind.show(value), shown);
  });
}

test("every millisecond is the fraction that a person would write", () => {
  for (let ms = 1; ms < 5_000; ms += 1) {
    assert.deepEqual(duration().read(`${ms}ms`, AROUND), { ok: true, value: Number(`${ms}e-3`) });
    if (ms < 1_000) assert.equal(duration().show(ms / 1_000), `${ms}ms`);
  }
});

test("a list names the one part that does not fit, takes one value for a list of one, and refuses too few", () => {
  const numbers = listOf(whole({ min: 1 }), { min: 1 });
  assert.deepEqual(numbers.read(["1", 2], AROUND), { ok: true, value: [1, 2] });
  assert.deepEqual(numbers.read("3", AROUND), { ok: true, value: [3] });
  assert.deepEqual(numbers.read(["1", "x"], AROUND), { ok: false, part: "x" });
  assert.deepEqual(numbers.read([], AROUND), { ok: false, part: [] });
  assert.deepEqual(listOf(whole({ min: 1 })).read([], AROUND), { ok: true, value: [] });
  assert.equal(numbers.show([1, 2]), "1, 2");
  assert.equal(numbers.show([]), "none");
});

test("addresses may not repeat, except port 0, which is another port each time; a Unix path becomes absolute", () => {
  assert.deepEqual(bindAddresses.read(["unix:s", ":0", ":0"], AROUND), {
    ok: true,
    value: [
      { kind: "unix", path: "/base/s" },
      { kind: "tcp", host: "", port: 0 },
      { kind: "tcp", host: "", port: 0 },
    ],
  });
  const twice = bindAddresses.read(["a:1", "tcp://a:1"], AROUND);
  assert.equal(twice.ok ? undefined : twice.why, "a:1 is said twice");
  assert.equal(bindAddresses.read([], AROUND).ok, false);
  assert.equal(bindAddresses.read([8000], AROUND).ok, false);
});

test("variables are NAME=VALUE or an object; the value may be empty or hold =, the name neither", () => {
  const read = (given: unknown) => variables.read(given, AROUND);
  assert.deepEqual(read(["A=1", "B=", "C=x=y", "A=2"]), { ok: true, value: { A: "2", B: "", C: "x=y" } });
  assert.deepEqual(read({ A: 1, B: true, C: "x" }), { ok: true, value: { A: "1", B: "true", C: "x" } });
  assert.deepEqual(read(["A=1", "B"]), { ok: false, part: "B" });
  assert.deepEqual(read(["=1"]), { ok: false, part: "=1" });
  assert.deepEqual(read({ A: null }), { ok: false, part: { A: null } });
  assert.deepEqual(read([1]), { ok: false, part: 1 });
  assert.equal(read(["A=b\0c"]).ok, false);
});

test("a variable named __proto__ is a variable, and its values are never shown", () => {
  const reading = variables.read(["__proto__=x", "SECRET=hunter2"], AROUND);
  assert.ok(reading.ok);
  assert.deepEqual(Object.keys(reading.value), ["__proto__", "SECRET"]);
  assert.equal(variables.show(reading.value), "__proto__, SECRET");
});
