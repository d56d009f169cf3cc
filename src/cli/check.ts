// `tsgi check`: the settings, then the application, loaded in a child process as a worker would load it. The child is named by
// path: nothing of the application, and no code of the worker, runs in this process.

import { type ChildProcess, fork } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { hooksFileFor } from "../config/hooks.ts";
import type { Settings } from "../config/options.ts";
import { resolveSettings, type SettingsInput } from "../config/resolve.ts";
import { TsgiError } from "../errors.ts";
import { type CheckCommand, type CheckReport, isCheckReport } from "../ipc/check.ts";
import { workerExecArgv } from "../master/program.ts";
import { requireApp } from "./serve.ts";

/** @returns 0, after one line on standard output. Whatever is wrong is thrown. */
export async function check(input: SettingsInput): Promise<number> {
  const { settings, file } = await resolveSettings(input);
  requireApp(settings.app, "check");
  const found = await loadInChild(settings, input.variables);
  const by = file === undefined ? "" : ` (settings from ${file})`;
  for (const warning of found.warnings) process.stderr.write(`warning: ${warning}\n`);
  process.stdout.write(`${found.text}${by}\n`);
  return 0;
}

async function loadInChild(settings: Settings, variables: SettingsInput["variables"]) {
  const entry = fileURLToPath(
    new URL(import.meta.url.endsWith(".ts") ? "../worker/check.ts" : "../worker/check.js", import.meta.url),
  );
  const child = fork(entry, {
    cwd: settings.chdir,
    env: { ...variables, ...settings.env },
    execArgv: workerExecArgv(process.execArgv, entry),
    // What the application prints while it loads is not the answer of this command.
    stdio: ["ignore", 2, 2, "ipc"],
  });
  try {
    const report = await reportOf(child, settings);
    if (report.tsgi === "checked") return report;
    if (report.code === "internal") throw new Error(report.message);
    throw new TsgiError(report.code, report.message);
  } finally {
    child.kill("SIGKILL");
  }
}

function reportOf(child: ChildProcess, settings: Settings): Promise<CheckReport> {
  return new Promise((resolve, reject) => {
    const limitMs = settings.bootTimeout * 1_000;
    const timer = limitMs === 0 ? undefined : setTimeout(() => reject(late(settings)), limitMs);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      act();
    };
    child.on("error", (error) => settle(() => reject(error)));
    child.on("message", (message) => {
      if (isCheckReport(message)) settle(() => resolve(message));
    });
    // "close" comes after the last message was delivered; "exit" may come before it.
    child.on("close", (code, signal) => settle(() => reject(left(settings, code, signal))));
    const hooksFile = hooksFileFor("worker", settings.hooks);
    child.send({ tsgi: "check", settings, hooksFile } satisfies CheckCommand, () => {});
  });
}

const late = ({ app, bootTimeout }: Settings): TsgiError =>
  new TsgiError("boot-timeout", `${app} was not loaded within ${bootTimeout} seconds (--boot-timeout)`);

function left({ app }: Settings, code: number | null, signal: string | null): TsgiError {
  const how = signal === null ? `exited with ${code}` : `was killed by ${signal}`;
  return new TsgiError("boot-exit", `the process that was loading ${app} ${how} before it was loaded`);
}
