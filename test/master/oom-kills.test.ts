import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { memoryGroup, OomKills } from "../../src/master/oom-kills.ts";

const V1 = "4:memory:/docker/abc\n3:cpu:/docker/abc\n0::/\n";
const V2 = "0::/system.slice/tsgi.service\n";
const v2 = "/sys/fs/cgroup/system.slice/tsgi.service/memory.events";
const v1 = "/sys/fs/cgroup/memory/docker/abc";

/** A machine whose files a test changes. */
function machine(t: TestContext, files: Record<string, string>) {
  const kills = new OomKills((path) => files[path] ?? null);
  t.after(() => kills.close());
  return kills;
}

test("the group that limits memory is that of v1 where there is one, else that of v2", () => {
  assert.equal(memoryGroup(V1), "/sys/fs/cgroup/memory:/docker/abc");
  assert.equal(memoryGroup("9:cpu,memory:/a b\n"), "/sys/fs/cgroup/memory:/a b");
  assert.equal(memoryGroup(V2), "/sys/fs/cgroup:/system.slice/tsgi.service");
  assert.equal(memoryGroup("garbage\n1:cpu:/x\n"), null);
});

test("a count of the group that rose with a limit that was hit is the group's OOM killer", (t) => {
  for (const [cgroup, before, after] of [
    [V2, { [v2]: "oom 4\noom_kill 4\n" }, { [v2]: "oom 5\noom_kill 5\n" }],
    [
      V1,
      { [`${v1}/memory.oom_control`]: "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n" },
      {
        [`${v1}/memory.oom_control`]: "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
        [`${v1}/memory.max_usage_in_bytes`]: "99999744\n",
        [`${v1}/memory.limit_in_bytes`]: "100000000\n",
      },
    ],
  ] as const) {
    const files: Record<string, string> = { "/proc/7/cgroup": cgroup, "/proc/8/cgroup": cgroup, ...before };
    const kills = machine(t, files);
    kills.watch(7);
    kills.watch(8);
    Object.assign(files, after);
    delete files["/proc/7/cgroup"];
    assert.equal(kills.gone(7, true), "cgroup");
    // One kill explains one death.
    assert.equal(kills.gone(8, true), "none");
  }
});

test("a limit that was reached may be that of a group further up", (t) => {
  const files: Record<string, string> = {
    "/proc/7/cgroup": V1,
    [`${v1}/memory.oom_control`]: "oom_kill 0\n",
    "/sys/fs/cgroup/memory/docker/memory.max_usage_in_bytes": "100\n",
    "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes": "100\n",
  };
  const kills = machine(t, files);
  kills.watch(7);
  files[`${v1}/memory.oom_control`] = "oom_kill 1\n";
  assert.equal(kills.gone(7, true), "cgroup");
});

test("a count of the group that rose while no limit of it was hit is the machine's", (t) => {
  const files: Record<string, string> = { "/proc/7/cgroup": V2, [v2]: "oom 0\noom_kill 0\n" };
  const kills = machine(t, files);
  kills.watch(7);
  files[v2] = "oom 0\noom_kill 1\n";
  assert.equal(kills.gone(7, true), "machine");
});

test("without counts of the group those of the machine speak, and without any nobody does", (t) => {
  const files: Record<string, string> = { "/proc/vmstat": "nr_free_pages 1\noom_kill 2\n" };
  const kills = machine(t, files);
  for (const pid of [7, 8, 9, 10]) kills.watch(pid);
  assert.equal(kills.gone(7, true), "none");
  files["/proc/vmstat"] = "nr_free_pages 1\noom_kill 3\n";
  assert.equal(kills.gone(8, true), "machine");
  assert.equal(kills.gone(9, true), "none");
  delete files["/proc/vmstat"];
  assert.equal(kills.gone(10, true), null);
});

test("the machine's count is no evidence where the process's own group can be read", (t) => {
  const files: Record<string, string> = {
    ...{ "/proc/7/cgroup": V2, [v2]: "oom 0\noom_kill 0\n", "/proc/vmstat": "oom_kill 0\n" },
  };
  const kills = machine(t, files);
  kills.watch(7);
  // Some other container's.
  files["/proc/vmstat"] = "oom_kill 1\n";
  assert.equal(kills.gone(7, true), "none");
});

test("a death that was no kill, or ours, is not asked about; nor is a process that is not known", (t) => {
  const files: Record<string, string> = { "/proc/7/cgroup": V2, [v2]: "oom 0\noom_kill 0\n" };
  const kills = machine(t, files);
  kills.watch(7);
  files[v2] = "oom 1\noom_kill 1\n";
  assert.equal(kills.gone(7, false), null);
  assert.equal(kills.gone(7, true), null);
});

test("a kill that is older than two samples explains nothing any more", (t) => {
  const files: Record<string, string> = { "/proc/7/cgroup": V2, [v2]: "oom 0\noom_kill 0\n" };
  const kills = machine(t, files);
  kills.watch(7);
  // A child process of the application, say.
  files[v2] = "oom 1\noom_kill 1\n";
  kills.sample();
  kills.sample();
  assert.equal(kills.gone(7, true), "none");
  kills.watch(8);
  files["/proc/8/cgroup"] = V2;
  kills.sample();
  // Counted shortly before the sample, seen shortly after it.
  files[v2] = "oom 2\noom_kill 2\n";
  kills.sample();
  assert.equal(kills.gone(8, true), "cgroup");
});

test("a process that was moved is counted by the group it was seen in last", (t) => {
  const other = "/sys/fs/cgroup/limited/memory.events";
  const files: Record<string, string> = {
    ...{ "/proc/7/cgroup": V2, [v2]: "oom 0\noom_kill 0\n", [other]: "oom 3\noom_kill 3\n" },
  };
  const kills = machine(t, files);
  kills.watch(7);
  files["/proc/7/cgroup"] = "0::/limited\n";
  kills.sample();
  delete files["/proc/7/cgroup"];
  files[other] = "oom 4\noom_kill 4\n";
  assert.equal(kills.gone(7, true), "cgroup");
});

test("in a container that sees the host's path but not its folders, the root speaks", (t) => {
  const root = "/sys/fs/cgroup/memory.events";
  const files: Record<string, string> = { "/proc/7/cgroup": "0::/kubepods/pod1/x\n", [root]: "oom 0\noom_kill 0\n" };
  const kills = machine(t, files);
  kills.watch(7);
  files[root] = "oom 1\noom_kill 1\n";
  assert.equal(kills.gone(7, true), "cgroup");
});
