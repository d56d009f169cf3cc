// What a server made of some bytes, as one line of plain text, so that two servers can be compared and a table can say it.
// Asked twice: with the bytes alone, and with one more request behind them, which shows where the server saw the end.

import { Buffer } from "node:buffer";
import { type Answer, fieldOf, responsesOf } from "../support/responses.ts";
import { say, UNDERSTOOD, type Understood } from "./servers.ts";

/** The request that follows, shorter than any limit of a case. Its target is nobody else's. */
export const PROBE = "GET /~ HTTP/1.1\r\nHost: n\r\n\r\n";

/**
 * Requests as they were understood, refusals by their status, and whether the connection then takes the next request:
 * `POST / "body", goes on`, `GET /, 400`, `GET /, closes`. Where the next request changed what was answered before it, both are told.
 */
export async function verdictOf(port: number, wire: Uint8Array): Promise<string> {
  const alone = said(await say(port, wire));
  const followed = said(await say(port, Buffer.concat([wire, Buffer.from(PROBE, "latin1")])));
  if (followed === alone) return /(?:^|, )[45]\d\d$/.test(alone) ? alone : `${alone}, closes`;
  if (followed === (alone === "nothing" ? "next" : `${alone}, next`)) return `${alone}, goes on`;
  return `${alone}; with a next one ${followed}`;
}

function said(text: string): string {
  const heads = [...text.matchAll(/X-Understood: (.*)\r\n/gi)].map(([, json]) => JSON.parse(json!) as Understood);
  const answers = responsesOf(
    text,
    heads.map(({ method }) => method),
  );
  return (
    answers
      .filter(({ status }) => status >= 200)
      .map(wordsFor)
      .join(", ") || "nothing"
  );
}

function wordsFor(answer: Answer): string {
  const json = fieldOf(answer, UNDERSTOOD);
  if (json === undefined) return String(answer.status);
  const { method, target, body } = JSON.parse(json) as Understood;
  if (target === "/~") return body === "" ? "next" : `next with ${JSON.stringify(body)}`;
  return `${method} ${target}${body === "" ? "" : ` ${JSON.stringify(body)}`}`;
}
