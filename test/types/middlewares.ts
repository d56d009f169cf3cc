// The stock middlewares and the test client as their users write them, and the mistakes that the types must catch. Compiled, never run.

import {
  Client,
  type ClientCookie,
  type ClientResponse,
  CommonMiddleware,
  CompressMiddleware,
  ConditionalGetMiddleware,
  CsrfMiddleware,
  commonMiddleware,
  csrfExempt,
  getApplication,
  type Level,
  MessagesMiddleware,
  type Request,
  Response,
  rotateCsrfToken,
  SecurityMiddleware,
  type Session,
  SessionMiddleware,
  StaticFilesMiddleware,
  type View,
} from "tsgi/application";

// ---- what fits

export const application = getApplication({
  secretKey: "secret",
  urls: [],
  middleware: [
    SecurityMiddleware,
    CompressMiddleware,
    StaticFilesMiddleware,
    ConditionalGetMiddleware,
    CommonMiddleware,
    commonMiddleware({ disallowedUserAgents: [/bot/] }),
    SessionMiddleware,
    CsrfMiddleware,
    MessagesMiddleware,
    class extends SessionMiddleware {},
  ],
});

export const hook: View<{ readonly id: number }> = csrfExempt((_request: Request, { id }: { readonly id: number }) => {
  return new Response(String(id * 2));
});

export const page: View = (request) => {
  const { session, messages } = request;
  const count: number = session.get("count", 0);
  session.set("count", count + 1);
  const name: string | undefined = session.take<string>("name");
  const unknown: unknown = session.get("what");
  messages.success("saved", "large");
  messages.add("warning", "careful");
  const lines: string[] = [...messages].map(({ level, text }) => `${level} ${text} ${name} ${unknown}`);
  rotateCsrfToken(request);
  const token: string = request.csrfToken();
  return new Response(lines.join(token));
};

export async function walk(): Promise<ClientResponse> {
  const client = new Client(application, { secure: true, headers: { Accept: "text/html" } });
  await client.get("/", { query: { q: "a", tags: ["b", 1, true] }, follow: true });
  await client.post("/", { form: { a: 1 }, headers: { "X-A": "b" } });
  await client.put("/", { multipart: { file: { filename: "a.txt", content: "text" }, name: "x" } });
  const response = await client.request("PROPFIND", "/", { body: new Uint8Array(1), signal: AbortSignal.timeout(1) });
  const cookie: ClientCookie | undefined = response.cookies["a"];
  const value: string | undefined = response.headers.get("ETag") ?? cookie?.value;
  const data: { readonly a: number } = response.json<{ a: number }>();
  return value === undefined || data.a === 1 ? response : response.history[0]!;
}

// ---- what does not

export async function mistakes(session: Session, client: Client): Promise<unknown> {
  // @ts-expect-error: it may not be there
  const name: string = session.get<string>("name");
  // @ts-expect-error: a key is text
  session.set(1, "x");
  // @ts-expect-error: there is no such level
  const level: Level = "fatal";
  // @ts-expect-error: a field of a form is text, a number or a boolean
  await client.post("/", { form: { a: { b: 1 } } });
  // @ts-expect-error: a response is not changed
  (await client.get("/")).status = 200;
  // @ts-expect-error: patterns are regular expressions
  commonMiddleware({ disallowedUserAgents: ["bot"] });
  // @ts-expect-error: a view is a function
  csrfExempt("view");
  return [name, level];
}
