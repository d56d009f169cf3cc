import assert from "node:assert/strict";
import { test } from "node:test";
import { Admission, type AdmissionOptions, type Waiting } from "../../src/worker/admission.ts";

function admissionOf(options: Partial<AdmissionOptions>) {
  const calls: string[] = [];
  const admission = new Admission({
    connections: 4,
    inFlight: 0,
    overload: "queue",
    pause: () => void calls.push("pause"),
    resume: () => void calls.push("resume"),
    ...options,
  });
  const request = (name: string): Waiting => ({ admit: () => void calls.push(name) });
  return { admission, calls, request };
}

const turn = () => new Promise(setImmediate);

test("with queue, accepting pauses at the limit and goes on below it, once each", () => {
  const { admission, calls } = admissionOf({ connections: 2 });
  assert.deepEqual([admission.opened(), calls.length], [true, 0]);
  assert.deepEqual([admission.opened(), admission.paused], [true, true]);
  // The kernel may have handed out one more before it heard of the pause: it is served.
  admission.opened();
  admission.closed();
  assert.deepEqual(calls, ["pause"]);
  admission.closed();
  admission.closed();
  assert.deepEqual([calls, admission.paused, admission.connections], [["pause", "resume"], false, 0]);
});

test("with 503, what is over the limit is to be sent away, and accepting pauses a quarter above it", () => {
  const { admission, calls } = admissionOf({ connections: 4, overload: "503" });
  const verdicts = [1, 2, 3, 4, 5].map(() => admission.opened());
  assert.deepEqual(verdicts, [true, true, true, true, false]);
  assert.deepEqual(calls, ["pause"]);
  admission.closed();
  assert.deepEqual(calls, ["pause"]);
  admission.closed();
  assert.deepEqual(calls, ["pause", "resume"]);
});

test("the room is what may still come before it pauses", () => {
  const queue = admissionOf({ connections: 4 });
  assert.equal(queue.admission.room, 4);
  queue.admission.opened();
  assert.equal(queue.admission.room, 3);
  queue.admission.closed();
  assert.equal(queue.admission.room, 4);
  assert.equal(admissionOf({ connections: 4, overload: "503" }).admission.room, 5);
});

test("without a limit every request begins at once", () => {
  const { admission, request } = admissionOf({});
  for (let i = 0; i < 100; i += 1) assert.equal(admission.enter(request("x")), "now");
  assert.equal(admission.inFlight, 100);
});

test("requests beyond the limit wait in the order they came, and those that left are passed over", async () => {
  const { admission, calls, request } = admissionOf({ inFlight: 1 });
  const [b, c, d] = [request("b"), request("c"), request("d")];
  assert.equal(admission.enter(request("a")), "now");
  assert.deepEqual([admission.enter(b), admission.enter(c), admission.enter(d)], ["later", "later", "later"]);
  admission.forget(b);
  admission.left();
  // A newcomer does not overtake those that wait.
  const e = request("e");
  assert.equal(admission.enter(e), "later");
  await turn();
  assert.deepEqual([calls, admission.inFlight, admission.waiting], [["c"], 1, 2]);
  admission.left();
  await turn();
  admission.left();
  await turn();
  admission.left();
  await turn();
  assert.deepEqual([calls, admission.inFlight, admission.waiting], [["c", "d", "e"], 0, 0]);
});

test("ten thousand waiting requests that end as they begin are no deep stack", async () => {
  const { admission, calls } = admissionOf({ inFlight: 1 });
  let admitted = 0;
  admission.enter({ admit() {} });
  for (let i = 0; i < 10_000; i += 1) {
    admission.enter({
      admit() {
        admitted += 1;
        admission.left();
      },
    });
  }
  admission.left();
  while (admitted < 10_000) await turn();
  assert.deepEqual([admission.inFlight, admission.waiting, calls], [0, 0, []]);
});

test("with 503 a request beyond the limit is sent away, and counts until it is over", () => {
  const { admission, request } = admissionOf({ inFlight: 1, overload: "503" });
  assert.deepEqual([admission.enter(request("a")), admission.enter(request("b"))], ["now", "never"]);
  assert.equal(admission.inFlight, 2);
  admission.left();
  admission.left();
  assert.equal(admission.enter(request("c")), "now");
});

test("a request that takes nothing of the application's time begins at the limit too, and counts until it is over", async () => {
  const { admission, calls, request } = admissionOf({ inFlight: 1 });
  admission.enter(request("a"));
  assert.equal(admission.enter(request("b")), "later");
  admission.pass();
  assert.equal(admission.inFlight, 2);
  admission.left();
  await turn();
  assert.deepEqual([calls, admission.inFlight], [[], 1]);
  admission.left();
  await turn();
  assert.deepEqual([calls, admission.inFlight], [["b"], 1]);
});
