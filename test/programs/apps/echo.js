const version = "one";

// Each answer names who gave it and what was asked. `?wait=MS` takes that long, `&pieces=N` comes in so many more pieces.
export async function application(environ, startResponse) {
  const body = (await environ["tsgi.input"].read()).toString("latin1");
  const text = `pid=${process.pid} version=${version} ${environ.RAW_URI} body=${body}`;
  const fields = [["X-Pid", String(process.pid)], ["X-Version", version]];
  const query = new URLSearchParams(environ.QUERY_STRING);
  const waitMs = Number(query.get("wait"));
  const pieces = Number(query.get("pieces"));
  if (pieces === 0) {
    if (waitMs > 0) await pause(waitMs);
    startResponse("200 OK", [...fields, ["Content-Length", String(text.length)]]);
    return [text];
  }
  startResponse("200 OK", fields);
  return stream(text, environ.PATH_INFO.slice(1), pieces, waitMs);
}

async function* stream(text, name, pieces, waitMs) {
  yield text;
  for (let piece = 1; piece <= pieces; piece += 1) {
    await pause(waitMs);
    yield `\n${name}:${piece}`;
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
