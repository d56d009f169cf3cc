const name = await Promise.resolve("app.mjs");

export async function* application(_environ, startResponse) {
  startResponse("200 OK", []);
  yield `hello from ${name}`;
}
