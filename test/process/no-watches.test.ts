// A system that has no file watches left when the server starts, as where an editor and other servers have taken them all.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ask, get } from "../support/client.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const says = (text: string): string =>
  `export const application = (_environ, start) => (start("200 OK", [["Content-Type", "text/plain"]]), ["${text}"]);`;

for (const limit of ["max_inotify_watches", "max_inotify_instances"]) {
  const words = ["-Ur", "sh", "-c", `echo 0 > /proc/sys/user/${limit} && exec "$@"`, "sh"];
  const skip = spawnSync("unshare", [...words, "true"]).status !== 0 && "needs user namespaces (Linux)";

  test(`with ${limit} used up it serves, says once that it polls, and restarts`, { skip }, async (t) => {
    const cwd = tempFolder(t, { "app.mjs": says("one") });
    const args = ["app", "--reload", "--reload-extra", "views/**"];
    const server = await Server.start(t, args, { cwd, through: ["unshare", ...words] });
    assert.equal((await ask(server.port, get("/"))).body, "one");
    writeFileSync(join(cwd, "app.mjs"), says("two"));
    // Found by a look, since nobody asks.
    await server.says(/^restarted in/);
    assert.equal((await ask(server.port, get("/"))).body, "two");
    const said = server.records.filter(({ msg }) => /^the system gives no more file watches \(E/.test(msg));
    assert.deepEqual(
      said.map(({ level }) => level),
      ["warn"],
    );
    assert.equal((await server.stop()).code, 0);
  });
}
