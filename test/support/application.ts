// Requests of the application side over real environs and input streams, and responses through the real gateway loop.

import { Request } from "../../src/application/request.ts";
import type { Response } from "../../src/application/response.ts";
import { type Settings, type SettingsInput, setup } from "../../src/application/settings.ts";
import { buildEnviron } from "../../src/gateway/environ.ts";
import { ErrorStream } from "../../src/gateway/errors.ts";
import { InputStream } from "../../src/gateway/input.ts";
import type { Environ } from "../../src/gateway/types.ts";
import { drive, headOf, INFO, type Outcome, type RequestLike, sourceOf } from "./exchange.ts";

export const SECRET = "a long text that nobody else knows, for tests";

export const settingsOf = (input: Partial<SettingsInput> = {}): Settings =>
  setup({ urls: [], secretKey: SECRET, ...input });

export interface AskedFor extends RequestLike {
  /** By their names; Host is there already. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly settings?: Settings;
}

const PLAIN = settingsOf();

const withHeaders = (asked: AskedFor): AskedFor => ({
  ...asked,
  fields: asked.fields ?? Object.entries({ host: "example.com", ...asked.headers }).flat(),
});

export function environOf(asked: AskedFor = {}): Environ {
  const controller = new AbortController();
  const environ = buildEnviron(
    headOf(withHeaders(asked)),
    asked.info ?? INFO,
    { software: "tsgi/test", multiprocess: false },
    {
      input: new InputStream(sourceOf(asked.body ?? [])),
      errors: new ErrorStream(() => undefined, "id-1"),
      earlyHints: () => undefined,
      trailers: () => {},
      requestId: "id-1",
      draining: controller.signal,
      signal: () => controller.signal,
    },
  );
  if (typeof environ === "string") throw new Error(`the environ was refused: ${environ}`);
  return environ;
}

export const requestOf = (asked: AskedFor = {}): Request => new Request(environOf(asked), asked.settings ?? PLAIN);

/** One request through the gateway loop, answered by a view. Waits for what the response closes; that it is closed is the server's to do. */
export async function answer(
  view: (request: Request) => Response | Promise<Response>,
  asked: AskedFor = {},
): Promise<Outcome> {
  let response: Response | undefined;
  const outcome = await drive(async (environ, startResponse) => {
    response = await view(new Request(environ, asked.settings ?? PLAIN));
    startResponse(response.statusLine, response.headerList());
    return response.body(environ);
  }, withHeaders(asked));
  if (response?.closed === true) await response.close();
  return outcome;
}

/** The value of a field of an outcome, by its name in lower case. */
export const fieldOf = (outcome: Outcome, name: string): string | undefined => {
  for (let i = 0; i < outcome.fields.length; i += 2) {
    if (outcome.fields[i]!.toLowerCase() === name) return outcome.fields[i + 1];
  }
  return undefined;
};
