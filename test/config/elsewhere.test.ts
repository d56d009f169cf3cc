import assert from "node:assert/strict";
import { test } from "node:test";
import { ELSEWHERE, saidInstead } from "../../src/config/elsewhere.ts";
import { CONFIG_FILE, OPTION_KEYS, OPTIONS } from "../../src/config/options.ts";

const OURS: ReadonlySet<string> = new Set(
  [CONFIG_FILE.flags, ...OPTION_KEYS.map((key) => OPTIONS[key].flags)].flatMap((flags) => flags.split(", ")),
);

test("no flag of tsgi's own is called another server's", () => {
  assert.deepEqual(
    ELSEWHERE.filter((flag) => OURS.has(flag)),
    [],
  );
});

test("every flag that is named instead is one that tsgi has", () => {
  for (const flag of ELSEWHERE) {
    const named = saidInstead(flag).match(/--[a-z-]+/g) ?? [];
    assert.deepEqual(
      named.filter((one) => !OURS.has(one)),
      [],
      flag,
    );
  }
});

test("the flags that people type first have an answer, and what nobody has gets none", () => {
  const typed =
    "-k --worker-class --threads --host --port --uds --fd --factory --preload --daemon --certfile --keyfile " +
    "--timeout-keep-alive --root-path --ws --loop --http --instances -i --watch --max-memory-restart --ext --legacy-watch --strictPort --mode --inspect-brk";
  assert.deepEqual(
    typed.split(" ").filter((flag) => saidInstead(flag) === ""),
    [],
  );
  assert.equal(saidInstead("-i4"), saidInstead("-i"));
  assert.equal(saidInstead("--reload-stile"), "");
  assert.equal(saidInstead("--constructor"), "");
});
