import { type Application, type Body, type Chunk, type Closable, compose, type Environ, type Middleware } from "tsgi";

/** The innermost: three lines, one every so often, so that streaming can be seen. */
const site: Application = async function* (environ, startResponse) {
  startResponse("200 OK", [["Content-Type", "text/plain; charset=utf-8"]]);
  for (const line of ["one", "two", `three, for ${environ["example.user"]}`]) {
    yield `${line}\n`;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
};

/**
 * Changes what comes in: the request passes through it on its way to the application. To the application it is the server.
 */
export const user: Middleware = (inner) => (environ, startResponse) => {
  // A name of one's own has a prefix of one's own. What the server said is not taken away.
  environ["example.user"] = nameOf(environ);
  return inner(environ, startResponse);
};

/**
 * Changes the head of what goes out: it hands on a `startResponse` of its own. To the server it is the application.
 */
export const timing: Middleware = (inner) => (environ, startResponse) => {
  const started = performance.now();
  return inner(environ, (status, headers, error) => {
    const took = (performance.now() - started).toFixed(1);
    return startResponse(status, [...headers, ["Server-Timing", `app;dur=${took}`]], error);
  });
};

/**
 * Changes the body of what goes out, chunk by chunk: what comes in late goes out late, and nothing is collected.
 */
export const shout: Middleware = (inner) => (environ, startResponse) => {
  const result = inner(environ, (status, headers, error) => {
    // Other letters may have another length: what was said of it holds no more.
    const rest = headers.filter(([name]) => name.toLowerCase() !== "content-length");
    const write = startResponse(status, rest, error);
    return (chunk) => write(upper(chunk));
  });
  // A synchronous application is answered synchronously: an await here would cost each of its requests a turn of the loop.
  return result instanceof Promise ? result.then(shouted) : shouted(result);
};

function shouted(body: Body): Body {
  // One chunk stays one, so that the server still gives it a length.
  if (typeof body === "string" || body instanceof Uint8Array) return upper(body);
  if (Array.isArray(body) && !("close" in body)) return body.map(upper);
  const isAsync = Symbol.asyncIterator in body;
  return {
    ...(isAsync ? { [Symbol.asyncIterator]: () => asyncUpper(body) } : { [Symbol.iterator]: () => syncUpper(body) }),
    // The server calls close() on what it was given, which is this. Whoever puts a body into another one passes the call on.
    close: () => (body as Closable).close?.(),
  } as Body;
}

// `for ... of` ends the iterator inside when it is ended itself, so that a generator's `finally` runs.
function* syncUpper(body: Iterable<Chunk>): Generator<Chunk> {
  for (const chunk of body) yield upper(chunk);
}
async function* asyncUpper(body: AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
  for await (const chunk of body) yield upper(chunk);
}

/** A letter of two bytes may be cut between two chunks of bytes, so bytes are left alone above ASCII. */
function upper(chunk: Chunk): Chunk {
  if (typeof chunk === "string") return chunk.toUpperCase();
  return chunk.map((byte) => (byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte));
}

const nameOf = ({ QUERY_STRING }: Environ): string => new URLSearchParams(QUERY_STRING).get("name") ?? "nobody";

export const application = compose(timing, user, shout)(site);
