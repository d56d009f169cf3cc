// `tsgi config`: every setting in force, who said it, and what the weaker sources said.

import process from "node:process";
import { HOOKS_KEY, OPTION_KEYS, type OptionKey, rowOf, variablesOf } from "../config/options.ts";
import { type Resolution, resolveSettings, type SettingsInput } from "../config/resolve.ts";
import { didYouMean } from "../config/suggest.ts";

/** @returns 0. The table, or the JSON, is on standard output; hints are on standard error. */
export async function config(input: SettingsInput, { json }: { readonly json: boolean }): Promise<number> {
  const resolution = await resolveSettings(input);
  // `tsgi config | head` closes the pipe early, which is no failure of anyone.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  process.stdout.write(json ? configJson(resolution) : configTable(resolution));
  for (const hint of mistypedVariables(input.variables)) process.stderr.write(`tsgi: ${hint}\n`);
  return 0;
}

export function configTable({ settings, origins }: Resolution): string {
  const rows: { key: string; value: string; from: string }[] = OPTION_KEYS.flatMap((key) => [
    { key, value: rowOf(key).parse.show(settings[key]) || "none", from: origins[key].from },
    ...origins[key].lost.map(({ from, said }) => ({ key: "", value: `(not ${said})`, from: `(${from})` })),
  ]);
  const { hooks } = settings;
  if (hooks !== null) rows.push({ key: HOOKS_KEY, value: hooks.names.join(", "), from: `file ${hooks.file}` });
  const width = (column: "key" | "value"): number => Math.max(...rows.map((row) => row[column].length));
  // One long value must not push every origin out of sight.
  const [keys, values] = [width("key"), Math.min(width("value"), 40)];
  return rows.map(({ key, value, from }) => `${key.padEnd(keys)}  ${value.padEnd(values)}  ${from}\n`).join("");
}

/** `{ "file": ..., "settings": { key: { value, from, lost } }, "hooks": [names] }`; all that the table has, and the values of `env`. */
export function configJson({ settings, origins, file }: Resolution): string {
  const entries = OPTION_KEYS.map((key: OptionKey) => [key, { value: settings[key], ...origins[key] }]);
  const hooks = settings.hooks?.names ?? [];
  return `${JSON.stringify({ file: file ?? null, settings: Object.fromEntries(entries), hooks }, null, 2)}\n`;
}

/**
 * TSGI_ variables that are none of ours and look like one of them. Only a hint: a Kubernetes service that is called
 * tsgi puts TSGI_PORT and its like into every environment.
 */
export function mistypedVariables(variables: SettingsInput["variables"]): readonly string[] {
  const known = OPTION_KEYS.flatMap(variablesOf).filter((name) => typeof name === "string");
  const ours = ["TSGI_CMD_ARGS", "TSGI_CONFIG", ...known.filter((name) => name.startsWith("TSGI_"))];
  return Object.keys(variables)
    .filter((name) => name.startsWith("TSGI_") && !ours.includes(name))
    .flatMap((name) => {
      const hint = didYouMean(
        name.slice(5),
        ours.map((one) => one.slice(5)),
        "TSGI_",
      );
      return hint === "" ? [] : [`the variable ${name} is set, and is none of tsgi's${hint}`];
    });
}
