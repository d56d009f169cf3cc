import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULTS, type FaultCode, fault, MisuseError } from "../../src/protocol/faults.ts";

const rows = Object.entries(FAULTS);

test("every fault has a code of its wire, a status for the client's error or what we lack, a reason and its RFC", () => {
  for (const [code, { status, why, rfc }] of rows) {
    assert.match(code, /^(?:http1|edge)\.[a-z0-9]+(?:-[a-z0-9]+)*$/);
    assert.ok((status >= 400 && status < 500) || [501, 503, 505].includes(status), code);
    assert.match(why, /^[\x20-\x7e]{10,}[^.]$/, code);
    assert.match(rfc, /^\d{4} \d+(?:\.\d+)*$/, code);
  }
});

test("a fault that a limit causes names the option that moves the limit", () => {
  for (const [code, { status, why }] of rows) {
    if ([408, 413, 414, 431, 503].includes(status))
      assert.match(why, /--(?:limit|head|body|write|worker)-[a-z-]+/, code);
  }
});

test("fault carries the status of its row and the place", () => {
  assert.deepEqual(fault("http1.bad-host", 16), { code: "http1.bad-host", status: 400, at: 16 });
  for (const [code, { status }] of rows) assert.equal(fault(code as FaultCode, 0).status, status);
});

test("MisuseError is an error with a name of its own", () => {
  const error = new MisuseError("no");
  assert.ok(error instanceof Error);
  assert.equal(`${error}`, "MisuseError: no");
});
