// Calls an application as a server does: one environ, the chunks to their end, close() once. What comes back is plain data.

import type { Application, Environ, HeaderList, StartResponse } from "../../src/gateway/types.ts";

export interface CallOptions {
  readonly method?: string;
  readonly scriptName?: string;
  /** By their names on the wire. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly environ?: Readonly<Record<string, unknown>>;
  /** The client leaves before the first chunk: nothing is iterated, and close() is called. */
  readonly leaves?: boolean;
  /** Called with what `startResponse` is given; may throw, as a server does. */
  readonly startResponse?: (status: string, headers: HeaderList, error: unknown) => void;
}

export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers: HeaderList;
  /** The value of a field, or undefined. */
  header(name: string): string | undefined;
  readonly text: string;
  /** What was written to `tsgi.errors`. */
  readonly errors: string;
  /** Whether the application answered without a promise. */
  readonly atOnce: boolean;
}

export function environOf(path: string, options: CallOptions = {}, errors: string[] = []): Environ {
  const { method = "GET", scriptName = "", headers = {}, environ = {} } = options;
  const [info = "", query = ""] = path.split("??");
  const made: Record<string, unknown> = {
    REQUEST_METHOD: method,
    SCRIPT_NAME: scriptName,
    PATH_INFO: info,
    QUERY_STRING: query,
    SERVER_NAME: "localhost",
    SERVER_PORT: "80",
    REMOTE_ADDR: "127.0.0.1",
    HTTP_HOST: "localhost",
    "tsgi.url_scheme": "http",
    "tsgi.errors": { write: (text: string) => void errors.push(text) },
  };
  for (const [name, value] of Object.entries(headers)) {
    made[`HTTP_${name.toUpperCase().replaceAll("-", "_")}`] = value;
  }
  return Object.assign(made, environ) as unknown as Environ;
}

/** @param path Decoded, as a server gives it in PATH_INFO; what follows `??` is the query. */
export async function call(application: Application, path: string, options: CallOptions = {}): Promise<Answer> {
  const errors: string[] = [];
  let said: { readonly status: string; readonly headers: HeaderList } | undefined;
  const startResponse = ((status: string, headers: HeaderList, error?: unknown) => {
    if (said !== undefined && (error === undefined || error === null))
      throw new Error("startResponse was called twice");
    options.startResponse?.(status, headers, error);
    said = { status, headers };
  }) as StartResponse;
  const result = application(environOf(path, options, errors), startResponse);
  const atOnce = !(result instanceof Promise);
  const body = (await result) as Iterable<string | Uint8Array> & { close?: () => unknown };
  const chunks: Buffer[] = [];
  try {
    if (options.leaves !== true) {
      if (typeof body === "string") chunks.push(Buffer.from(body));
      else for await (const chunk of body) chunks.push(Buffer.from(chunk as string));
    }
  } finally {
    await body.close?.();
  }
  if (said === undefined) throw new Error("startResponse was not called");
  const { status, headers } = said;
  return {
    status: Number(status.slice(0, 3)),
    reason: status.slice(4),
    headers,
    header: (name) => headers.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1],
    text: String(Buffer.concat(chunks)),
    errors: errors.join(""),
    atOnce,
  };
}
