// Sites as their authors write them with tsgi/application, and the mistakes that the types must catch. Compiled by types.test.ts, never run.

import {
  getApplication,
  type Handler,
  include,
  Middleware,
  type MiddlewareEntry,
  methods,
  NotFound,
  path,
  type Receiver,
  type Request,
  Response,
  registerConverter,
  requestFinished,
  type SettingsInput,
  Signal,
  syncMiddleware,
  type View,
} from "tsgi/application";
import type { Application } from "tsgi/gateway";

declare module "tsgi/application" {
  interface ConverterTypes {
    day: Date;
  }
}

registerConverter<Date>("day", {
  pattern: "[0-9-]{10}",
  toValue: (text) => new Date(text),
  toUrl: (day) => day.toISOString(),
});

// ---- what fits

export const typed = [
  path("", () => new Response("page")),
  path("articles/<int:year>/<slug:title>/", (request, { year, title }) => {
    const kept: number = year;
    const text: string = title;
    return new Response(`${kept} ${text} ${request.path}`);
  }),
  path("plain/<name>/", async (_request, { name }) => new Response(name.toUpperCase())),
  path("days/<day:day>/", (_request, { day }) => new Response(day.toISOString())),
  path("unknown/<other:x>/", (_request, { x }) => new Response(String(x satisfies unknown))),
  path("extra/<int:id>/", (_request, { id, draft }) => new Response(draft ? "" : id.toFixed()), {
    extra: { draft: true },
  }),
  path("methods/<int:id>/", {
    GET: (_request, { id }) => new Response(id.toFixed()),
    POST: async () => new Response(),
  }),
  path("made/", methods({ GET: () => new Response() })),
  path(
    "posts/<int:id>/",
    include([
      path("edit/<slug>/", (_request, { id, slug }) => new Response(id.toFixed() + slug), { under: "<int:id>/" }),
    ]),
  ),
  path("blog/", include([path("<int:id>/", () => new Response())], { namespace: "blog" }), {}),
];

const some: View<{ year: number }> = (_request, { year }) => new Response(year.toFixed());
const any: View = (_request, params) => new Response(String(params["whatever"]));
export const loose = [
  path("<int:year>/<int:month>/", some),
  path("<int:year>/", any),
  // A text that is only known when it runs.
  path(`${process.argv[2]}` as string, some),
];

export const settings = {
  urls: typed,
  debug: false,
  session: { cookieName: "sid" },
  handlers: { 404: (request, error) => new Response(`${request.path} ${String(error)}`, { status: 404 }) },
  extra: { mail: "localhost" },
} satisfies SettingsInput;

export const application: Handler = getApplication(settings);
export const asApplication: Application = getApplication({ urls: typed });
export const fromModule: Promise<Handler> = getApplication("./settings.ts");
export const fromVariable: Promise<Handler> = getApplication();
export const address: string = application.reverse("blog:post", { id: 1 });

export const factory: MiddlewareEntry =
  (getResponse, { debug }) =>
  async (request) => {
    const response = await getResponse(request);
    response.headers.set("X-Debug", String(debug));
    return response;
  };

export const now = syncMiddleware((getResponse) => (request) => {
  const response = getResponse(request);
  response.headers.set("X-Now", "yes");
  return response;
});

export class Stamp extends Middleware {
  override processRequest(request: Request): Response | undefined {
    return request.path === "/" ? new Response() : undefined;
  }

  override async processResponse(_request: Request, response: Response): Promise<Response> {
    return response;
  }

  processException(_request: Request, error: unknown): Response | undefined {
    return error instanceof NotFound ? new Response("", { status: 404 }) : undefined;
  }
}

export const stacked = getApplication({ urls: [], middleware: [factory, now, Stamp] });

const paid = new Signal<{ readonly amount: number }>("paid");
export const receiver: Receiver<{ readonly amount: number }> = ({ amount }) => amount.toFixed();
export const end: () => void = paid.connect(receiver, { id: "x" });
requestFinished.connect(({ environ }) => environ.PATH_INFO);

// ---- mistakes

export const mistakes = [
  // @ts-expect-error a number, not a text
  path("<int:year>/", (_request, { year }) => new Response(year.toUpperCase())),
  // @ts-expect-error there is no such parameter
  path("<int:year>/", (_request, { month }) => new Response(String(month))),
  // @ts-expect-error the view needs a month
  path("<int:year>/", (_request, params: { month: number }) => new Response(String(params.month))),
  // @ts-expect-error it does not say that it is under a route with an id
  path("edit/", (_request, { id }) => new Response(String(id))),
  // @ts-expect-error a view gives a response
  path("x/", () => "text"),
  // @ts-expect-error there is no such option
  path("x/", () => new Response(), { nmae: "x" }),
  // @ts-expect-error methods are written in upper case
  path("x/", { get: () => new Response() }),
  // @ts-expect-error the views by method have the same parameters
  path("<int:id>/", { GET: (_request, { slug }) => new Response(slug) }),
  // @ts-expect-error a list is included with include()
  path("x/", [path("", () => new Response())]),
];

// @ts-expect-error the routes are missing
getApplication({ debug: true });
// @ts-expect-error there is no such setting
getApplication({ urls: [], debgu: true });
// @ts-expect-error there is no such setting of a session
getApplication({ urls: [], session: { cookieNmae: "x" } });
// @ts-expect-error a module comes later
export const tooEarly: Handler = getApplication("./settings.ts");
// @ts-expect-error nothing handles such a status
getApplication({ urls: [], handlers: { 418: () => new Response() } });
// @ts-expect-error a middleware gives a function or an object with handle()
getApplication({ urls: [], middleware: [() => 1] });
// @ts-expect-error there is nothing to wait for in a middleware of mode sync
export const wrongMode = syncMiddleware((getResponse) => async (request) => getResponse(request));
// @ts-expect-error what is sent has an amount
paid.send({ amuont: 1 });
// @ts-expect-error settings are frozen
application.settings.debug = true;

export class Wrong extends Middleware {
  // @ts-expect-error a response, not a text
  override processResponse(): string {
    return "";
  }
}
