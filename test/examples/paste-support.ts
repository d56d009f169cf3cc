// A paste service over a fresh folder, with a clock in the test's hand; requests go through the real gateway loop.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { paste } from "../../examples/paste/service.ts";
import { Store } from "../../examples/paste/storage.ts";
import type { Application } from "../../src/gateway/types.ts";
import { drive, type Outcome, type RequestLike } from "../support/exchange.ts";

export interface Service {
  readonly application: Application;
  readonly store: Store;
  readonly directory: string;
  readonly clock: { now: number };
  /** One request; header names in lower case. */
  ask(method: string, target: string, more?: More): Promise<Outcome>;
  /** Creates a text the way curl does and answers its id. */
  put(name: string, body: string, query?: string): Promise<string>;
  /** What is in the folder, leftovers included. */
  entries(): string[];
}

export interface More {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: NonNullable<RequestLike["body"]>;
}

export const START = Date.UTC(2024, 1, 29, 12, 0, 0);

export function openService(t: TestContext, limitBytes = 1_000_000): Service {
  const directory = mkdtempSync(join(tmpdir(), "tsgi-paste-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const clock = { now: START };
  const store = new Store({ directory, limitBytes, now: () => clock.now });
  const application = paste(store);
  const ask: Service["ask"] = (method, target, { headers = {}, body } = {}) =>
    drive(application, {
      method,
      target,
      fields: ["host", "paste.example", ...Object.entries(headers).flat()],
      ...(body === undefined ? {} : { body }),
    });
  return {
    application,
    store,
    directory,
    clock,
    ask,
    async put(name, body, query = "") {
      const outcome = await ask("PUT", `/${name}${query}`, { body: [body] });
      return header(outcome, "location") ?? "";
    },
    entries: () => readdirSync(directory).sort(),
  };
}

/** The value of a field of the response, by its name in lower case. */
export function header({ fields }: Pick<Outcome, "fields">, name: string): string | undefined {
  const at = fields.findIndex((field, i) => i % 2 === 0 && field.toLowerCase() === name);
  return at < 0 ? undefined : fields[at + 1];
}

export const BOUNDARY = "----WebKitFormBoundaryx7Yz";

export interface FormPart {
  readonly name: string;
  readonly value: string;
  readonly filename?: string;
  readonly type?: string;
}

/** A form as a browser writes it; code units stand for bytes. */
export function multipart(parts: readonly FormPart[]): {
  readonly body: string;
  readonly headers: Record<string, string>;
} {
  const written = parts.map(({ name, value, filename, type }) => {
    const file = filename === undefined ? "" : `; filename="${filename}"`;
    const contentType = type === undefined ? "" : `\r\nContent-Type: ${type}`;
    return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file}${contentType}\r\n\r\n${value}\r\n`;
  });
  return {
    body: `${written.join("")}--${BOUNDARY}--\r\n`,
    headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}` },
  };
}

export const URLENCODED = { "content-type": "application/x-www-form-urlencoded" };
