// Where the control socket of a server with these settings is. The server binds it there, and `tsgi ctl` looks for it there.

import type { Settings } from "./options.ts";

/** An absolute path; null when there is none. */
export function controlPathOf({ control, pid }: Pick<Settings, "control" | "pid">): string | null {
  if (control === "off") return null;
  if (control !== "beside") return control;
  return pid === null ? null : `${pid.replace(/(?<=[^/])\.pid$/, "")}.ctl`;
}
