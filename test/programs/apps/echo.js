const version = "one";

export async function application(environ, startResponse) {
  const body = (await environ["tsgi.input"].read()).toString("latin1");
  const text = `pid=${process.pid} version=${version} ${environ.RAW_URI} body=${body}`;
  startResponse("200 OK", [["Content-Length", String(text.length)]]);
  return [text];
}
