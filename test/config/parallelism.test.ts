import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import {
  availableWorkers,
  cgroupFolders,
  cpuQuota,
  parseCfs,
  parseCpuMax,
  workersFor,
} from "../../src/config/parallelism.ts";

test("the quota limits the processors, a fraction counts as one more, and there is always one worker", () => {
  assert.equal(workersFor(8, undefined), 8);
  assert.equal(workersFor(8, 4), 4);
  assert.equal(workersFor(8, 1.5), 2);
  assert.equal(workersFor(8, 0.25), 1);
  assert.equal(workersFor(2, 64), 2);
});

test("cpu.max is a quota and a period, or max for no limit", () => {
  assert.equal(parseCpuMax("150000 100000\n"), 1.5);
  for (const text of ["max 100000\n", "", "100000", "0 100000", "1 0", "-1 100000", "a b"]) {
    assert.equal(parseCpuMax(text), undefined, text);
  }
});

test("the quota of control groups v1 is -1 for no limit", () => {
  assert.equal(parseCfs("50000\n", "100000\n"), 0.5);
  assert.equal(parseCfs("-1\n", "100000\n"), undefined);
  assert.equal(parseCfs("", ""), undefined);
});

test("the folders of a group are its own and all above it, for v2 and for the cpu controller of v1", () => {
  assert.deepEqual(cgroupFolders("0::/a.slice/b:c\n").v2, [
    "/sys/fs/cgroup",
    "/sys/fs/cgroup/a.slice",
    "/sys/fs/cgroup/a.slice/b:c",
  ]);
  const v1 = cgroupFolders("5:memory:/m\n4:cpu,cpuacct:/docker/1\n3:cpuset:/s\n").v1;
  assert.ok(v1.includes("/sys/fs/cgroup/cpu/docker/1"));
  assert.ok(v1.includes("/sys/fs/cgroup/cpu,cpuacct/docker"));
  assert.ok(v1.every((folder) => folder.startsWith("/sys/fs/cgroup/cpu")));
  assert.deepEqual(cgroupFolders("garbage\n\n"), { v1: [], v2: [] });
});

test("the smallest quota on the way up holds, and a folder that is not there sets none", () => {
  const files: Record<string, string> = {
    "/proc/self/cgroup": "0::/a/b\n",
    "/sys/fs/cgroup/a/cpu.max": "200000 100000",
    "/sys/fs/cgroup/a/b/cpu.max": "300000 100000",
  };
  assert.equal(
    cpuQuota((path) => files[path]),
    2,
  );
  assert.equal(
    cpuQuota(() => undefined),
    undefined,
  );
  const v1: Record<string, string> = {
    "/proc/self/cgroup": "4:cpu,cpuacct:/x\n",
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "350000",
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
  };
  assert.equal(
    cpuQuota((path) => v1[path]),
    3.5,
  );
});

test("on this machine there is at least one worker and no more than one for each processor", () => {
  const workers = availableWorkers();
  assert.ok(workers >= 1 && workers <= availableParallelism());
});
