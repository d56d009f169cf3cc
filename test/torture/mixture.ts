// Requests to the victim whose every answer can be checked: sizes, methods and codings in a mixture that a seed repeats.

import { createHash } from "node:crypto";
import type { RawResponse } from "../support/client.ts";
import { type Ask, clip, type Mixture } from "../support/load/asks.ts";
import { textOf } from "./text.ts";

type Judge = Ask["judge"];

const saying =
  (right: string): Judge =>
  ({ body }) =>
    body === right ? undefined : `${body.length} bytes ${clip(body)} for ${right.length} bytes ${clip(right)}`;

function ask(
  method: string,
  target: string,
  judge: Judge,
  more: Partial<Ask> & { readonly fields?: string } = {},
): Ask {
  const { fields = "", ...rest } = more;
  const head = `${method} ${target} HTTP/1.1\r\nHost: load\r\n${fields}`;
  return { name: `${method} ${target}`, head, body: "", judge, ...rest };
}

/** Most are small and some are large, as requests are. */
const sizeOf = (random: () => number, large: number): number => Math.floor(random() ** 6 * large);

function chunked(body: string, random: () => number): string {
  let text = "";
  for (let at = 0; at < body.length; ) {
    const piece = body.slice(at, at + 1 + Math.floor(random() * 5_000));
    text += `${piece.length.toString(16)}\r\n${piece}\r\n`;
    at += piece.length;
  }
  return `${text}0\r\n\r\n`;
}

function echo(tag: string, random: () => number, large: number): Ask {
  const body = textOf(tag, sizeOf(random, large));
  const sum = createHash("md5").update(body, "latin1").digest("hex");
  const judge = saying(`${tag} ${body.length} ${sum}`);
  const target = `/echo?tag=${tag}`;
  return random() < 0.5
    ? ask("POST", target, judge, { fields: `Content-Length: ${body.length}\r\n`, body })
    : ask("PUT", target, judge, { fields: "Transfer-Encoding: chunked\r\n", body: chunked(body, random) });
}

/** Of everything that test/torture/app.ts can do for a client that behaves; bodies up to `large` bytes. */
export const mixed =
  (large: number): Mixture =>
  (number, random) => {
    const tag = String(number);
    const kind = random();
    if (kind < 0.4) return ask("GET", `/hello?${tag}`, saying(`hello ${tag}`));
    if (kind < 0.65) return echo(tag, random, large);
    if (kind < 0.75) {
      const size = sizeOf(random, large);
      const judge: Judge = ({ body }) => (body.length === size ? undefined : `${body.length} bytes for ${size}`);
      return ask("GET", `/stream?n=${size}&chunk=${1 + Math.floor(random() * 8_000)}`, judge);
    }
    if (kind < 0.9) {
      const size = sizeOf(random, large);
      return ask("GET", `/big?tag=${tag}&n=${size}`, saying(textOf(tag, size)));
    }
    if (kind < 0.95) {
      const judge = ({ fields }: RawResponse): string | undefined =>
        fields["content-length"] === String(6 + tag.length) ? undefined : "HEAD without the length";
      return ask("HEAD", `/hello?${tag}`, judge, { bodyless: true });
    }
    if (kind < 0.98) return ask("GET", `/slow?ms=20&tag=${tag}`, saying(`slow ${tag}`));
    return ask("DELETE", `/none/${tag}`, saying("no such route"), { status: 404 });
  };
