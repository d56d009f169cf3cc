// What the application says. Knows no routes.

import type { Environ } from "tsgi";

export interface Answer {
  readonly status: string;
  readonly body: unknown;
  readonly headers?: readonly (readonly [string, string])[];
}

export const greet = (): Answer => ({ status: "200 OK", body: { hello: "world" } });

export const healthy = (): Answer => ({ status: "200 OK", body: { ok: true } });

export async function greetSomebody(environ: Environ): Promise<Answer> {
  const name = nameIn((await environ["tsgi.input"].read()).toString());
  if (name === undefined) return { status: "400 Bad Request", body: { error: 'expected {"name": "..."}' } };
  return { status: "200 OK", body: { hello: name } };
}

function nameIn(text: string): string | undefined {
  try {
    const { name } = Object(JSON.parse(text)) as { readonly name?: unknown };
    return typeof name === "string" && name !== "" ? name : undefined;
  } catch {
    return undefined;
  }
}
