// The same answers as TSGI applications.

import process from "node:process";

const TEXT = [["Content-Type", "text/plain"]];
const JSON_TYPE = [["Content-Type", "application/json"]];
const BYTES = [["Content-Type", "application/octet-stream"]];
const HELLO = ["Hello, world!"];
const PIECE = Buffer.alloc(16_384, "x");

export function application(_environ, startResponse) {
  startResponse("200 OK", TEXT);
  return HELLO;
}

const NAMED = [...TEXT, ["X-Worker", String(process.pid)]];

export function who(_environ, startResponse) {
  startResponse("200 OK", NAMED);
  return HELLO;
}

export async function echo(environ, startResponse) {
  const body = await environ["tsgi.input"].read();
  startResponse("200 OK", JSON_TYPE);
  return [body];
}

export async function count(environ, startResponse) {
  let size = 0;
  for await (const chunk of environ["tsgi.input"]) size += chunk.length;
  startResponse("200 OK", TEXT);
  return [String(size)];
}

const whole = (size) => {
  const body = [Buffer.alloc(size, "x")];
  return (_environ, startResponse) => {
    startResponse("200 OK", BYTES);
    return body;
  };
};

function* pieces(number) {
  for (let i = 0; i < number; i += 1) yield PIECE;
}

const streamed = (number) => (_environ, startResponse) => {
  startResponse("200 OK", BYTES);
  return pieces(number);
};

export const whole64k = whole(65_536);
export const whole1m = whole(1_048_576);
export const streamed64k = streamed(4);
export const streamed1m = streamed(64);
