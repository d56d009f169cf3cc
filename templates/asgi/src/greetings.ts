// What the application says to which request. Knows nothing of ASGI.

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

type Handler = (text: string) => Answer;

const ROUTES = new Map<string, ReadonlyMap<string, Handler>>([
  ["/", new Map([["GET", () => say(200, { hello: "world" })]])],
  ["/greetings", new Map([["POST", greetSomebody]])],
  ["/healthz", new Map([["GET", () => say(200, { ok: true })]])],
]);

/** @param text The body of the request. */
export function answer(method: string, path: string, text: string): Answer {
  const handlers = ROUTES.get(path);
  if (handlers === undefined) return say(404, { error: "not found" });
  // The server sends the head alone when it was asked for that.
  const handler = handlers.get(method === "HEAD" ? "GET" : method);
  if (handler !== undefined) return handler(text);
  const allow = [...handlers.keys()].join(", ");
  return { ...say(405, { error: `expected ${allow}` }), headers: [["allow", allow]] };
}

const say = (status: number, body: unknown): Answer => ({ status, body, headers: [] });

function greetSomebody(text: string): Answer {
  const name = nameIn(text);
  return name === undefined ? say(400, { error: 'expected {"name": "..."}' }) : say(200, { hello: name });
}

function nameIn(text: string): string | undefined {
  try {
    const { name } = Object(JSON.parse(text)) as { readonly name?: unknown };
    return typeof name === "string" && name !== "" ? name : undefined;
  } catch {
    return undefined;
  }
}
