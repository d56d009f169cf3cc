// A worker's end of the channel that describes what it hears.
import process from "node:process";
import { openWorkerChannel } from "../../../src/ipc/channel.ts";

const channel = openWorkerChannel({
  async onCommand(command, handle) {
    if (command.tsgi === "quit") {
      await channel.report({ tsgi: "recycle", why: "a".repeat(300_000) });
      process.exit(5);
    }
    if (command.tsgi === "connection") {
      await channel.report({ tsgi: "hand-back", listener: command.listener, read: "" }, handle);
      handle.close();
      return;
    }
    await channel.report({ tsgi: "recycle", why: `${command.tsgi} ${handle === undefined ? "without" : "with"} a handle` });
    if (command.tsgi === "reopen") process.send({ mine: "from the application" });
  },
  async onMasterGone() {
    await channel.report({ tsgi: "ready" });
    process.stdout.write("master gone\n", () => process.exit(0));
  },
});
channel.report({ tsgi: "hello" });
