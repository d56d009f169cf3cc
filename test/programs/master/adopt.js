// Adopts the descriptor named by its first argument and says what came of it.
import process from "node:process";
import { bindAll } from "../../../src/master/listeners.ts";

const settings = { backlog: 8, umask: null, socketMode: null, user: null, group: null, chdir: process.cwd() };
try {
  const [listener] = await bindAll({ ...settings, bind: [{ kind: "fd", fd: Number(process.argv[2]) }] });
  console.log(JSON.stringify(listener.info));
} catch (error) {
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
process.exit();
