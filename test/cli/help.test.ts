import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { COMMANDS, type CommandName, CTL_EXITS, commandHelp, OWN_FLAGS, programHelp } from "../../src/cli/help.ts";
import { TEMPLATE_NAMES } from "../../src/cli/project.ts";
import { CONFIG_FILE, OPTION_KEYS, OPTIONS, SECTIONS } from "../../src/config/options.ts";
import { FAILURES } from "../../src/errors.ts";
import { COMMAND_NAMES, CONTROL_COMMANDS } from "../../src/ipc/control.ts";

const linesOf = (text: string): readonly string[] => text.trimEnd().split("\n");

test("the help of serve has every flag, with its default, below the heading of its section", () => {
  const help = commandHelp("serve", 200);
  const headings = Object.values(SECTIONS).map((title) => help.indexOf(`${title}:\n`));
  assert.ok(headings.every((at) => at > 0));
  assert.deepEqual(
    [...headings].sort((a, b) => a - b),
    headings,
  );
  for (const key of OPTION_KEYS) {
    const { flags, arg, section, summary } = OPTIONS[key];
    const block = help.slice(help.indexOf(`${SECTIONS[section]}:\n`)).split("\n\n")[0]!;
    // A long name has a line of its own.
    const text = block.replace(/\n {20,}/g, " ");
    const line = linesOf(text).find((one) => one.includes(`${flags} ${arg} `));
    assert.ok(line?.includes(summary), key);
  }
  assert.ok(help.includes(`${CONFIG_FILE.flags} ${CONFIG_FILE.arg}`));
  assert.match(help, /--workers <n\|auto\|n\.\.n> .* \[1 or \$WEB_CONCURRENCY\]/);
  assert.match(help, /--bind .* \[127\.0\.0\.1:8000 or \$LISTEN_FDS or \$PORT\]/);
  assert.match(help, /--timeout <time> .* \[30s\]/);
});

test("help keeps to the width of the terminal, and that of serve fits four screens of 33 lines", () => {
  for (const width of [80, 100, 132]) {
    for (const name of Object.keys(COMMANDS) as CommandName[]) {
      for (const line of linesOf(commandHelp(name, width))) assert.ok(line.length <= width, line);
    }
    for (const line of linesOf(programHelp(width))) assert.ok(line.length <= width, line);
  }
  assert.ok(linesOf(commandHelp("serve", 80)).length <= 132);
});

test("in a very narrow terminal the descriptions still get a column of 24", () => {
  const lines = linesOf(commandHelp("serve", 10));
  assert.ok(lines.some((line) => line.endsWith("  connections waiting to be")) === false);
  assert.ok(lines.some((line) => line.endsWith("  connections waiting to")));
});

test("check and config say what they do, and where their options are described", () => {
  assert.match(commandHelp("check", 80), /every option of tsgi serve/);
  assert.match(commandHelp("config", 80), /--json/);
  assert.doesNotMatch(commandHelp("check", 80), /--json/);
});

test("the help of dev has the options of development, and says where the others are", () => {
  const help = commandHelp("dev", 100);
  assert.match(help, /^Development:$/m);
  assert.match(help, /--live-reload/);
  assert.doesNotMatch(help, /--backlog/);
  assert.match(help, /tsgi serve --help/);
});

test("the help of init has every template, and no option of serve", () => {
  const help = commandHelp("init", 100);
  for (const name of TEMPLATE_NAMES) assert.match(help, new RegExp(`^  ${name}  +\\S`, "m"));
  assert.match(help, /^Usage: tsgi init \[folder\] \[--template <name>\]\n/);
  assert.doesNotMatch(help, /--workers|tsgi serve/);
});

test("the help of ctl has every command with what follows it, its own flags, and every exit code", () => {
  const lines = linesOf(commandHelp("ctl", 100)).map((line) => line.trim());
  const begins = (start: string) => lines.some((line) => line.startsWith(`${start}  `));
  for (const name of COMMAND_NAMES) {
    const { argument, flag } = CONTROL_COMMANDS[name];
    const words = [name, { count: "N", pid: "PID", none: undefined }[argument ?? "none"], flag && `[--${flag}]`];
    assert.ok(begins(words.filter(Boolean).join(" ")), name);
    assert.ok(flag === null || `--${flag}` in OWN_FLAGS.ctl);
  }
  for (const start of [...Object.keys(OWN_FLAGS.ctl), ...Object.values(CTL_EXITS).map(String)]) {
    assert.ok(begins(start), start);
  }
  assert.match(lines.join("\n"), /every option of tsgi serve/);
});

test("the exit codes of ctl that failures have too are the same ones", () => {
  assert.deepEqual([CTL_EXITS.usage, CTL_EXITS["no-server"]], [FAILURES.usage.exit, FAILURES["no-server"].exit]);
});

test("docs/control.md has every command as the help has it, and every exit code", () => {
  const page = readFileSync(new URL("../../docs/control.md", import.meta.url), "utf8");
  for (const name of COMMAND_NAMES) {
    const { argument, flag } = CONTROL_COMMANDS[name];
    const words = [
      name,
      argument === null ? "" : { count: "N", pid: "PID" }[argument],
      flag === null ? "" : `[--${flag}]`,
    ];
    assert.ok(page.includes(`| \`${words.filter(Boolean).join(" ")}\` |`), name);
  }
  for (const code of Object.values(CTL_EXITS)) assert.match(page, new RegExp(`^\\| ${code} \\| `, "m"));
});
