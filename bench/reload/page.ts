// The section of docs/performance.md on reloads, from a stored run. Strings out; measures nothing.

import { type ReloadLine, type ReloadPart, type ReloadRun, ratioTo, verdicts } from "./figures.ts";

const INTRODUCTION = `## Reload

From a save to the first whole answer of the new code, and from a start to the first answer, measured by one command:

\`\`\`sh
npm run bench:reload
\`\`\``;

const METHOD = `How it is measured: each server runs in a folder of its own with the same modules; tsgi has a TSGI application, the others the same on \`node:http\`.
The servers take turns, save by save. The file is written; from then on a client asks again and again, each time with a new connection, until an answer has the
new version. Refused and cut connections, and answers of older code than the save, are counted over all saves. A start is from the moment when the
process is started.`;

/** Without a line end; undefined where nothing was stored. */
export function reloadSection(run: ReloadRun | undefined): string {
  if (run === undefined) return `${INTRODUCTION}\n\nNot measured yet.`;
  const bars = verdicts(run).map(({ what, bar, reached, word }) => [
    what,
    bar,
    reached,
    word === "miss" ? "**missed**" : word,
  ]);
  const { node, tsx } = run.versions;
  return [
    INTRODUCTION,
    table(["what", "bar", "tsgi dev", ""], bars),
    ...run.parts.map(partSection),
    `${METHOD} Node ${node}, tsx ${tsx}; ${run.machine.cpu}, ${run.machine.cores} cores.`,
  ].join("\n\n");
}

function partSection(part: ReloadPart): string {
  const what = part.part.startsWith("start ") ? "starts" : "saves";
  const isSubject = ({ server }: ReloadLine): boolean => server === "tsgi dev";
  const rows = part.lines.map((line) => [
    isSubject(line) ? `**${line.server}**` : line.server,
    line.p50.toFixed(0),
    line.p95.toFixed(0),
    isSubject(line) ? "" : (ratioTo(part, line)?.toFixed(2) ?? ""),
    ...(what === "starts" ? [] : [String(line.refused), String(line.cut), String(line.old)]),
  ]);
  const lost = what === "starts" ? [] : ["refused", "cut", "old answers"];
  return `### ${part.title[0]!.toUpperCase()}${part.title.slice(1)}, ${part.times} ${what}\n\n${table(["", "p50 ms", "p95 ms", "tsgi / it", ...lost], rows)}`;
}

const table = (head: readonly string[], cells: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
