// What a load asks, and what the right answer is. Each request has a name that its answer must carry.
// Knows the applications it speaks to; knows no connection.

import type { RawResponse } from "../client.ts";

export interface Ask {
  /** `POST /12`. */
  readonly name: string;
  /** Request line and fields, each line with its end; the empty line is the client's, who may add a field. */
  readonly head: string;
  readonly body: string;
  /** Sends the second half of the body so much later. */
  readonly slowlyMs?: number;
  /** An answer without a body, whatever its head says. */
  readonly bodyless?: boolean;
  /** Default 200. */
  readonly status?: number;
  /** What is wrong with an answer of the right status, or undefined. */
  readonly judge: (answer: RawResponse) => string | undefined;
}

/** Makes the requests of one client. `number` is never given twice in a load. */
export type Mixture = (number: number, random: () => number) => Ask;

export const clip = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);

const POST_BYTES = 2_048;
const WAIT_MS = 100;
const PIECES = 5;
const PIECE_MS = 20;

/** The answers of test/programs/apps/echo.js begin with who answered and what was asked. */
function numbered(number: number, target: string, body = "", rest = ""): Omit<Ask, "slowlyMs"> {
  const [method, length] = body === "" ? ["GET", ""] : ["POST", `Content-Length: ${body.length}\r\n`];
  return {
    name: `${method} ${target}`,
    head: `${method} ${target} HTTP/1.1\r\nHost: load\r\n${length}`,
    body,
    judge({ body: text }) {
      const match = /^pid=\d+ version=\S+ \/(\d+)\S* body=/.exec(text);
      if (match === null) return `answered ${clip(text)}`;
      if (match[1] !== String(number)) return `the answer to request ${match[1]}`;
      const said = text.slice(match[0].length);
      return said === body + rest ? undefined : `${said.length} bytes ${clip(said)} for ${body.length + rest.length}`;
    },
  };
}

const textOf = (number: number): string => `${number} `.repeat(POST_BYTES).slice(0, POST_BYTES);

/** The lines of a streamed answer after its first piece. */
const linesOf = (number: number): string =>
  Array.from({ length: PIECES }, (_none, index) => `\n${number}:${index + 1}`).join("");

/** GET and POST in turn, for the logs of tests that know every line. */
const plain: Mixture = (number) => numbered(number, `/${number}`, number % 2 === 0 ? "" : textOf(number));

/** Of ten requests four are plain, three bring a body, and one each is slow to answer, streamed, and slow to be sent. */
const usual: Mixture = (number) => {
  switch (number % 10) {
    case 1:
    case 4:
    case 8:
      return numbered(number, `/${number}`, textOf(number));
    case 3:
      return numbered(number, `/${number}?wait=${WAIT_MS}`);
    case 6:
      return numbered(number, `/${number}?pieces=${PIECES}&wait=${PIECE_MS}`, "", linesOf(number));
    case 9:
      return { ...numbered(number, `/${number}`, textOf(number)), slowlyMs: PIECE_MS };
    default:
      return numbered(number, `/${number}`);
  }
};

export const MIXTURES = { plain, usual } satisfies Readonly<Record<string, Mixture>>;

export type MixtureName = keyof typeof MIXTURES;
