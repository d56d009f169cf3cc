// Prints every fact that a signal makes, and the address of a debugger when one is open.
import inspector from "node:inspector";
import { listenForSignals } from "../../../src/master/facts.ts";

listenForSignals((fact) => console.log(JSON.stringify({ fact, debugger: inspector.url() ?? null })));
setInterval(() => {}, 1_000_000);
console.log("up");
