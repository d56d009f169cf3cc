// Adopts the descriptor named by its first argument and says what came of it.
import process from "node:process";
import { Listeners } from "../../../src/master/listeners.ts";

const settings = { backlog: 8, umask: null, socketMode: null, user: null, group: null, chdir: process.cwd() };
try {
  const [info] = await new Listeners().open({ ...settings, bind: [{ kind: "fd", fd: Number(process.argv[2]) }] });
  console.log(JSON.stringify(info));
} catch (error) {
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
process.exit();
