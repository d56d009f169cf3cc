// What the connection saw of a request, in the words of the access log. Nothing is looked up that a line does not name.

import { Buffer } from "node:buffer";
import type { Settings } from "../config/options.ts";
import { type AccessEntry, compileFormat, type LineFormat } from "../observe/access-format.ts";
import type { AccessLog } from "../observe/access-log.ts";
import { type FlatFields, NO_FIELDS } from "../protocol/events.ts";
import type { RequestRecord } from "./meter.ts";

/** The entry of one record after another, for a worker. What was refused before it was understood has empty words. */
export class RecordEntry implements AccessEntry {
  readonly slot: number;
  readonly generation: number;
  record!: RequestRecord;

  constructor(slot: number, generation: number) {
    this.slot = slot;
    this.generation = generation;
  }

  /** The client, as the application had it (gunicorn's %(h)s); a request that was refused before has only a peer. */
  get remoteAddress(): string {
    const { exchange, info } = this.record.outcome;
    const client = exchange?.lookup("REMOTE_ADDR");
    return typeof client === "string" ? client : info.remoteAddress;
  }

  get user(): string {
    return basicUser(this.fields);
  }

  get time(): number {
    return Date.now();
  }

  get durationUs(): number {
    return this.record.durationUs;
  }

  get method(): string {
    return this.record.outcome.head?.method ?? "";
  }

  get target(): string {
    return this.record.outcome.head?.target ?? "";
  }

  get version(): AccessEntry["version"] {
    return this.record.outcome.head?.version ?? "";
  }

  get status(): number {
    return this.record.status;
  }

  get bytesOut(): number {
    return this.record.bytesOut;
  }

  get bytesIn(): number {
    return this.record.outcome.bytesIn;
  }

  get fields(): FlatFields {
    return this.record.outcome.head?.fields ?? NO_FIELDS;
  }

  get responseFields(): FlatFields {
    return this.record.responseFields;
  }

  get requestId(): string {
    return this.record.outcome.exchange?.requestId ?? "";
  }

  get aborted(): boolean {
    return this.record.outcome.aborted;
  }

  get firstByteUs(): number | undefined {
    return this.record.firstByteUs || undefined;
  }

  get environ(): AccessEntry["environ"] {
    const { exchange } = this.record.outcome;
    return exchange === undefined ? undefined : (name) => exchange.lookup(name);
  }
}

/** Writes a line for each record of a worker, where somebody wants them. */
export class AccessWriter {
  readonly #log: AccessLog | undefined;
  readonly #format: LineFormat;
  readonly #entry: RecordEntry;

  constructor(
    given: { readonly accessLog: AccessLog | undefined; readonly slot: number; readonly generation: number },
    { accessLogFormat, readyPath }: Pick<Settings, "accessLogFormat" | "readyPath">,
  ) {
    this.#log = given.accessLog;
    this.#format = compileFormat(accessLogFormat, {
      isColoured: given.accessLog?.isColoured === true,
      quietPath: readyPath,
    });
    this.#entry = new RecordEntry(given.slot, given.generation);
  }

  write(record: RequestRecord | undefined): void {
    if (record === undefined) return;
    this.#entry.record = record;
    if (this.#log === undefined) return;
    const line = this.#format(this.#entry);
    if (line !== null) this.#log.write(line);
  }
}

/** The user name of Basic authentication (RFC 7617), or "-". The password goes nowhere. */
export function basicUser(fields: FlatFields): string {
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] !== "authorization") continue;
    const encoded = /^basic +([A-Za-z0-9+/=]+)$/i.exec(fields[i + 1]!)?.[1];
    const user = encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("utf8").split(":")[0];
    return user || "-";
  }
  return "-";
}
