// Requests that are right, of every kind that a codec tells apart. Spoiled a little, they reach what spoiled cases of the corpus do not:
// the third request of a connection, the end of a body with trailers, an empty line between two of them.

import type { Random } from "../support/random.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789!#$%&'*+-.^_`|~";
const TEXT = `${LETTERS} \t:;,="\\/()[]{}\x80\xa0\xff`;

const some = (random: Random, alphabet: string, least: number, most: number): string =>
  Array.from({ length: least + random.below(most - least + 1) }, () => alphabet[random.below(alphabet.length)]).join(
    "",
  );

const anyCase = (random: Random, text: string): string =>
  random.chance(0.7) ? text : random.chance(0.5) ? text.toLowerCase() : text.toUpperCase();

const blanks = (random: Random): string => random.pick(["", " ", " ", " ", "\t", "  "]);

const field = (random: Random, name: string, value: string): string =>
  `${anyCase(random, name)}:${blanks(random)}${value}${random.chance(0.1) ? " " : ""}\r\n`;

const ordinary = (random: Random): string =>
  field(random, `X-${some(random, LETTERS, 0, 8)}`, some(random, TEXT, 0, 12));

function requestLine(random: Random, method: string, version: string): string {
  const path = `/${some(random, "ab/%41?&=.~\xe9", 0, 12)}`;
  const target =
    method === "CONNECT"
      ? random.pick(["a:443", "[::1]:80"])
      : method === "OPTIONS" && random.chance(0.5)
        ? "*"
        : random.chance(0.85)
          ? path
          : `${random.pick(["http", "HTTPS"])}://a${random.pick(["", ":80"])}${path}`;
  return `${method} ${target} HTTP/${version}\r\n`;
}

function chunked(random: Random): string {
  let text = "";
  for (let left = random.below(4); left > 0; left -= 1) {
    const data = some(random, `${TEXT}\r\n\0`, 1, 20);
    const zeros = random.chance(0.2) ? "0".repeat(random.below(8)) : "";
    const extension = random.chance(0.2) ? random.pick([";a", ";a=b", ' ; a = "b\\"c"', ";a;b=1;c"]) : "";
    text += `${zeros}${anyCase(random, data.length.toString(16))}${extension}\r\n${data}\r\n`;
  }
  const trailers = random.chance(0.3) ? Array.from({ length: 1 + random.below(3) }, () => ordinary(random)) : [];
  return `${text}0\r\n${trailers.join("")}\r\n`;
}

function request(random: Random): string {
  const method = random.pick(["GET", "GET", "HEAD", "POST", "POST", "POST", "PUT", "OPTIONS", "CONNECT", "x"]);
  const version = random.chance(0.85) ? "1.1" : "1.0";
  const body = random.pick(["none", "none", "length", version === "1.1" ? "chunked" : "length"]);
  const content = body === "length" ? some(random, `${TEXT}\r\n\0`, 0, 20) : body === "chunked" ? chunked(random) : "";
  const fields = [field(random, "Host", random.pick(["a", "a:80", "[::1]", "a."]))];
  if (body === "length")
    fields.push(field(random, "Content-Length", `${random.chance(0.1) ? "0" : ""}${content.length}`));
  if (body === "chunked") fields.push(field(random, "Transfer-Encoding", anyCase(random, "chunked")));
  if (random.chance(0.1)) fields.push(field(random, "Expect", "100-continue"));
  if (version === "1.0" && random.chance(0.8)) fields.push(field(random, "Connection", "keep-alive"));
  if (random.chance(0.05))
    fields.push(field(random, "Connection", random.pick(["close", "x, close", "upgrade", ",,"])));
  while (random.chance(0.4)) fields.splice(random.below(fields.length + 1), 0, ordinary(random));
  return `${random.chance(0.1) ? "\r\n" : ""}${requestLine(random, method, version)}${fields.join("")}\r\n${content}`;
}

/** More than a connection answers in one go. */
const train = (random: Random): string => "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(60 + random.below(45));

/** One to four requests on one connection, and now and then a hundred. */
export const requests = (random: Random): string =>
  random.chance(0.02) ? train(random) : Array.from({ length: 1 + random.below(4) }, () => request(random)).join("");
