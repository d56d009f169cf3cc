// docs/grid.md, from the stored results and the table of behaviours. Strings out; runs nothing.

import type { Group } from "./behaviour.ts";
import type { Program } from "./programs.ts";
import type { Results } from "./stored.ts";
import type { Cell } from "./verdict.ts";

const GENERATED =
  "<!-- Generated from test/grid/results.json by `npm run grid -- --write`. Do not edit: `npm run grid -- --save` runs it anew. -->";

const INTRODUCTION = `# The grid

The same behaviours, asked of applications of every interface, each served by \`tsgi serve\` with two workers:

\`\`\`sh
npm run grid
\`\`\`

Beside each application that has a server of its own (\`listen()\` on \`node:http\`, \`@hono/node-server\`, srvx), the same program runs on that one, and the same is
asked of it. So a cell says one of these:

* **ok**: what one would expect.
* a number: otherwise than one would expect, for the reason that stands under the table. *As node:http* means that a plain program on Node's own server
  does the same; *as Koa on node:http*, that this framework does it on its own server too. Any other reason is the program's own.
* **DIFFERENT**: tsgi does what it should not. There should be none.

The programs are in \`test/grid/apps\`, each written as its framework's documentation would; the behaviours are in \`test/grid/behaviours\`.`;

/** The page, ending with a line end. */
export function gridPage(results: Results, groups: readonly Group[], programs: readonly Program[]): string {
  const versions = programs.map(({ title }) => `${title}${versionText(results.versions[title])}`);
  return `${[
    GENERATED,
    INTRODUCTION,
    `Versions of the stored run: ${versions.join(", ")}.`,
    ...groups.map((group) => section(group, results, programs)),
  ].join("\n\n")}\n`;
}

const versionText = (version: string | undefined): string => (version === undefined ? "" : ` ${version}`);

function section({ title, behaviours }: Group, results: Results, programs: readonly Program[]): string {
  const notes: string[] = [];
  const rows = behaviours.map((behaviour) => [
    escaped(behaviour.title),
    ...programs.map((program) => cellText(results.cells[behaviour.id]?.[program.title], notes)),
  ]);
  const lines = notes.map((note, i) => `${i + 1}. ${escaped(note)}`);
  const head = ["", ...programs.map((program) => program.title)];
  return [`## ${title}`, table(head, rows), ...(lines.length === 0 ? [] : [lines.join("\n")])].join("\n\n");
}

/** The same reason is one number. */
function cellText(cell: Cell | undefined, notes: string[]): string {
  if (cell === undefined) return "not run";
  if (cell.word === "ok") return "ok";
  if (!notes.includes(cell.note)) notes.push(cell.note);
  const number = String(notes.indexOf(cell.note) + 1);
  return cell.word === "DIFFERENT" ? `**DIFFERENT** ${number}` : number;
}

/** A note may hold what a table or a page would take for its own. */
const escaped = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

const table = (head: readonly string[], cells: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
