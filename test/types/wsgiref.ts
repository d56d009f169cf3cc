// The server half as a user writes against it.

import type { Application, Body, Chunk, Environ, HeaderList, StartResponse, Write } from "tsgi/gateway";
import {
  BaseCGIHandler,
  BaseHandler,
  CGIHandler,
  IISCGIHandler,
  type Outcome,
  ServerHandler,
  SimpleHandler,
} from "tsgi/handlers";
import { type HeaderPair, Headers } from "tsgi/headers";
import { demoApp, type MakeServerOptions, makeServer, SimpleServer, type SocketAddress } from "tsgi/simple-server";
import {
  applicationUri,
  FileWrapper,
  guessScheme,
  isHopByHop,
  type PartialEnviron,
  requestUri,
  setupTestingDefaults,
  shiftPathInfo,
} from "tsgi/util";

declare const environ: Environ;

// Servers
const options: MakeServerOptions = { log: null, errorLog: (text: string) => console.log(text), keepAlive: 5 };
export async function serve(): Promise<void> {
  const server: SimpleServer = await makeServer("", 8000, demoApp, options);
  const { address, family, port }: SocketAddress = server.address;
  console.log(address, family, port satisfies number);
  const handled: boolean = await server.handleRequest({ timeout: 1 });
  console.log(handled, server.getApp() satisfies Application);
  await server.serveForever({ pollInterval: 1 });
  await server.shutdown();
  server.serverClose();
}
class Ticking extends SimpleServer {
  override serviceActions(): void {}
  override handleTimeout(): void {}
}
class Polite extends ServerHandler {
  override errorBody = "sorry";
  override errorStatus = "503 Sorry";
  override errorHeaders: HeaderList = [["X", "1"]];
}
export class Wire extends ServerHandler {
  override async close(): Promise<void> {}
  // @ts-expect-error the status line is the codec's
  override httpVersion = "1.0" as const;
}
export const made: Promise<SimpleServer> = makeServer("::1", 0, demoApp, {
  serverClass: Ticking,
  handlerClass: Polite,
});
// @ts-expect-error an option that does not exist
makeServer("", 0, demoApp, { keepalive: 5 });
// @ts-expect-error a number is no text
makeServer("", "8000", demoApp);
// @ts-expect-error a handler between streams is none for a server
makeServer("", 0, demoApp, { handlerClass: SimpleHandler });

// Handlers
class Own extends SimpleHandler {
  override osEnviron = { PATH: "/bin" };
  override runOnce = true;
  override originServer = false;
  override serverSoftware = "mine/1";
  override httpVersion = "1.0" as const;
  override fileWrapper = undefined;
  override headersClass = Headers;
  override async run(application: Application): Promise<void> {
    await super.run(application);
  }
  override setupEnviron(): void {
    super.setupEnviron();
    this.environ["mine"] = 1;
  }
  override startResponse(status: string, headers: HeaderList, error?: unknown): Write {
    return super.startResponse(status, headers, error);
  }
  override write(chunk: Chunk): Promise<void> {
    return super.write(chunk);
  }
  override errorOutput(_environ: Environ, startResponse: StartResponse): Body {
    startResponse("500 Own", [], this.error);
    return ["own"];
  }
  override logException(error: unknown): void {
    console.log(error);
  }
  override close(): void {
    console.log(this.status, this.bytesSent satisfies number, this.headers?.get("x"));
  }
}
const own = new Own({ stdin: null, stdout: process.stdout, stderr: process.stderr, environ: process.env });
export const ended: Promise<void> = own.run(demoApp);
export const outcome: Outcome | undefined = own.outcome;
export const isBase: BaseHandler = new BaseCGIHandler({
  ...{ stdin: process.stdin, stdout: process.stdout, stderr: process.stderr },
  environ: {},
});
export const status: 0 | 1 = new CGIHandler().exitStatus;
export const iis: CGIHandler = new IISCGIHandler({ environ: { PATH_INFO: "/x" } });
// @ts-expect-error a BaseHandler has no streams of its own
new BaseHandler();
// @ts-expect-error a request has its variables
new SimpleHandler({ stdin: null, stdout: process.stdout, stderr: process.stderr });

// Headers
const list: HeaderPair[] = [["A", "1"]];
const headers = new Headers(list);
headers.set("B", "2").addHeader("C", null, { max_age: "5", secure: null });
export const values: [string | undefined, string | null, string[], string] = [
  headers.get("a"),
  headers.get("a", null),
  headers.getAll("a"),
  headers.setDefault("a", "2"),
];
for (const [name, value] of headers) console.log(name satisfies string, value satisfies string);
export const answers: Application = (_environ, startResponse) => {
  startResponse("200 OK", headers.list);
  return [headers.toBytes()];
};
// @ts-expect-error a value is a text
headers.set("A", 5);
// @ts-expect-error so is a parameter
headers.addHeader("A", "b", { c: 5 });

// Util
const partial: PartialEnviron = { PATH_INFO: "/a" };
setupTestingDefaults(partial);
export const full: Environ = partial;
export const urls: string[] = [
  applicationUri(environ),
  requestUri(environ, { includeQuery: false }),
  guessScheme(environ),
];
export const name: string | null = shiftPathInfo(environ);
export const hop: boolean = isHopByHop("te");
export const wrapped = new FileWrapper({ read: () => null }, 5);
// @ts-expect-error the options are an object
requestUri(environ, false);

// The environ: a field is text or absent, and what is added is whatever it is.
export const accepts: boolean = environ["HTTP_ACCEPT"]?.includes("text/html") ?? false;
// @ts-expect-error a field is no number
environ["HTTP_X_COUNT"] = 5;
environ["mine.count"] = 5;
// @ts-expect-error nobody said what it is
export const count: number = environ["mine.count"];
