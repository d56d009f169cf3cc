// What an heir is to its parent, without a server: says what it was given, and tells the news that its arguments and then the lines of its
// standard input name.
import process from "node:process";
import { takeHandover } from "../../../src/master/handover.ts";
import { Parent } from "../../../src/master/parent.ts";

const handover = takeHandover(process.env, process.ppid);
const parent = new Parent((fact) => console.log(JSON.stringify(fact)));
console.log(JSON.stringify({ handover }));
for (const word of process.argv.slice(2)) parent.tell(word);
process.stdin.setEncoding("utf8").on("data", (text) => {
  for (const word of text.split("\n").filter(Boolean)) {
    if (word === "exit") process.exit(41);
    else parent.tell(word);
  }
});
