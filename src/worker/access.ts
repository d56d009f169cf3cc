// What the connection saw of a request, in the words of the access log.

import { Buffer } from "node:buffer";
import type { AccessEntry } from "../observe/access-format.ts";
import type { FlatFields } from "../protocol/events.ts";
import type { RequestRecord } from "./meter.ts";

/** What was refused before it was understood shows as "-". */
const NO_HEAD = { method: "", target: "", version: "", fields: [] } as const;

export function accessEntry(record: RequestRecord, slot: number, generation: number): AccessEntry {
  const { method, target, version, fields } = record.head ?? NO_HEAD;
  return {
    remoteAddress: record.info.remoteAddress,
    user: basicUser(fields),
    time: Date.now(),
    durationUs: record.durationUs,
    method,
    target,
    version,
    status: record.status,
    bytesOut: record.bytesOut,
    bytesIn: record.bytesIn,
    fields,
    responseFields: record.responseFields,
    requestId: record.requestId,
    slot,
    generation,
    aborted: record.aborted,
    firstByteUs: record.firstByteUs === 0 ? undefined : record.firstByteUs,
    environ: record.lookup,
  };
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
