// A request as views see it: Django's HttpRequest over a TSGI environ. Everything is worked out when it is first asked for, so that making one
// costs two references. Knows no server; what middlewares add is asked of them.

import Negotiator from "negotiator";
import type { Environ } from "../gateway/types.ts";
import { type ContentType, parseContentType } from "./content-type.ts";
import { DisallowedHost, HeadIsOut, ImproperlyConfigured } from "./exceptions.ts";
import type { Form, ReadonlyParams } from "./form.ts";
import { hostOf } from "./host.ts";
import type { Messages } from "./messages.ts";
import { queryOf } from "./query.ts";
import { RequestBody } from "./request-body.ts";
import { type Cookies, cookiesOf } from "./request-cookies.ts";
import { RequestHeaders } from "./request-headers.ts";
import type { Provider, Reverser } from "./request-providers.ts";
import type { ResolverMatch } from "./resolver.ts";
import type { Session } from "./session.ts";
import type { Settings } from "./settings.ts";
import { type SignedCookieOptions, unsignCookie } from "./signing.ts";
import type { Params } from "./types.ts";
import { fullPathOf } from "./uri.ts";

const DIGITS = /^\d{1,15}$/;
// Asked for by a server that gives no signal: nothing ever aborts it.
const NEVER = new AbortController().signal;

export class Request {
  readonly environ: Environ;
  readonly settings: Settings;
  /** The route that matched; undefined before routing and for errors outside of it. The handler sets it. */
  resolverMatch: ResolverMatch | undefined = undefined;
  /** Gives URLs by name; the handler sets it. */
  resolver: Reverser | undefined = undefined;
  /** Set by the session middleware. */
  sessionProvider: Provider<Session> | undefined = undefined;
  /** Set by the messages middleware. */
  messagesProvider: Provider<Messages> | undefined = undefined;
  /** Set by the CSRF middleware. */
  csrfProvider: Provider<string> | undefined = undefined;
  #headers: RequestHeaders | undefined = undefined;
  #query: ReadonlyParams | undefined = undefined;
  #cookies: Cookies | undefined = undefined;
  #contentType: ContentType | undefined = undefined;
  #body: RequestBody | undefined = undefined;
  #session: Session | undefined = undefined;
  #messages: Messages | undefined = undefined;
  #state: Record<string | symbol, unknown> | undefined = undefined;
  #sealed = false;

  constructor(environ: Environ, settings: Settings) {
    this.environ = environ;
    this.settings = settings;
  }

  /** In upper case. */
  get method(): string {
    return this.environ.REQUEST_METHOD.toUpperCase();
  }

  /** What comes before the application's own paths: `""`, or `/x` without a slash at the end. */
  get scriptName(): string {
    return this.environ.SCRIPT_NAME;
  }

  /** The path below `scriptName`, decoded; `"/"` when it is empty. */
  get pathInfo(): string {
    const path = this.environ.PATH_INFO;
    return path === "" ? "/" : path;
  }

  /** `scriptName` and `pathInfo`, decoded. */
  get path(): string {
    const script = this.environ.SCRIPT_NAME;
    return script === "" ? this.pathInfo : script + this.pathInfo;
  }

  /** The path, quoted again, with the query as it was sent: what a link to this page has. */
  get fullPath(): string {
    return fullPathOf(this.path, this.environ.QUERY_STRING);
  }

  get headers(): RequestHeaders {
    this.#headers ??= new RequestHeaders(this.environ);
    return this.#headers;
  }

  /** @throws TooManyFields */
  get query(): ReadonlyParams {
    this.#query ??= queryOf(this.environ.QUERY_STRING, this.settings);
    return this.#query;
  }

  get cookies(): Cookies {
    this.#cookies ??= cookiesOf(this.environ["HTTP_COOKIE"]);
    return this.#cookies;
  }

  /**
   * What `response.setSignedCookie` put there; undefined when the client has no such cookie.
   * @throws BadSignature when it is not ours; SignatureExpired when it is older than `maxAge` seconds.
   */
  getSignedCookie(name: string, options: SignedCookieOptions = {}): string | undefined {
    const value = this.cookies[name];
    if (value === undefined) return undefined;
    return unsignCookie(this.settings, { name, value }, options);
  }

  /** The media type of the body, without parameters, in lower case; `""` when there is none. */
  get contentType(): string {
    return this.#type.type;
  }

  /** The parameters of the content type: `charset`, `boundary`; names in lower case. */
  get contentParams(): Readonly<Record<string, string>> {
    return this.#type.params;
  }

  /** Bytes of the body; undefined for a chunked one, or none. */
  get contentLength(): number | undefined {
    const said = this.environ.CONTENT_LENGTH;
    return said !== undefined && DIGITS.test(said) ? Number(said) : undefined;
  }

  get scheme(): "http" | "https" {
    return this.environ["tsgi.url_scheme"];
  }

  get isSecure(): boolean {
    return this.environ["tsgi.url_scheme"] === "https";
  }

  /**
   * The host that was asked for, with its port where it was named.
   * @throws DisallowedHost
   */
  get host(): string {
    return hostOf(this.environ, this.settings);
  }

  /**
   * A whole address, from one that may be relative to this page. Default: this page.
   * @throws DisallowedHost
   */
  buildAbsoluteUri(location: string = this.fullPath): string {
    const { host } = this;
    const page = `${this.scheme}://${host}${fullPathOf(this.path, "")}`;
    // What has only the letters of a host may still be none: 999.999.999.999, or the port 99999.
    if (!URL.canParse(page)) throw new DisallowedHost(`the Host field ${JSON.stringify(host)} is no host`);
    return new URL(location, page).href;
  }

  /** Whether the client takes this media type. Without an Accept field it takes everything. */
  accepts(type: string): boolean {
    return this.preferred([type]) !== undefined;
  }

  /** Which of the media types the client likes best; the first of several it likes equally; undefined when it takes none. */
  preferred(types: readonly string[]): string | undefined {
    return new Negotiator({ headers: { accept: this.headers.get("Accept") } }).mediaType(types);
  }

  /** Aborts when the client goes away, or the server gives the request up. */
  get signal(): AbortSignal {
    return this.environ["tsgi.signal"] ?? NEVER;
  }

  /** The client's address; `""` where it is not known. */
  get clientAddress(): string {
    return this.environ.REMOTE_ADDR ?? "";
  }

  /** The id in the server's log lines of this request; `""` where the server has none. */
  get requestId(): string {
    return this.environ["tsgi.request_id"] ?? "";
  }

  /**
   * The whole body.
   * @throws RequestDataTooBig over `settings.dataUploadMaxMemorySize`; RawStreamRead when it was read as a stream or as files.
   */
  body(): Promise<Buffer> {
    return this.#reading.bytes();
  }

  /**
   * The whole body as text, in the charset it says, or UTF-8.
   * @throws As body(); BadRequest when the bytes are not of that charset; UnsupportedMediaType for a charset that is not known.
   */
  text(): Promise<string> {
    return this.#reading.text();
  }

  /**
   * What the body, which is JSON, says. `T` is a promise of the caller: nothing checks it.
   * @throws As text(); BadRequest when it is not JSON.
   */
  json<T = unknown>(): Promise<T> {
    return this.#reading.json() as Promise<T>;
  }

  /**
   * The fields and files of a form, `application/x-www-form-urlencoded` or `multipart/form-data`. Files live until the response is over.
   * @throws BadRequest, RequestDataTooBig, TooManyFields, TooManyFiles; UnsupportedMediaType for a body that is no form.
   */
  form(): Promise<Form> {
    return this.#reading.form();
  }

  /**
   * The body as it comes.
   * @throws RawStreamRead when it was asked for in another way.
   */
  get stream(): Environ["tsgi.input"] {
    return this.#reading.stream();
  }

  /** Made when it is first touched. @throws ImproperlyConfigured without the session middleware. */
  get session(): Session {
    if (this.#session === undefined) {
      this.#session = provided(this.sessionProvider, "session", "SessionMiddleware").provide(this);
      if (this.#sealed) this.#session.seal();
    }
    return this.#session;
  }

  set session(session: Session) {
    this.#session = session;
  }

  /** The session if anybody touched it. */
  get openedSession(): Session | undefined {
    return this.#session;
  }

  /** Made when they are first touched. @throws ImproperlyConfigured without the messages middleware. */
  get messages(): Messages {
    if (this.#messages === undefined) {
      this.#messages = provided(this.messagesProvider, "messages", "MessagesMiddleware").provide(this);
      if (this.#sealed) this.#messages.seal();
    }
    return this.#messages;
  }

  set messages(messages: Messages) {
    this.#messages = messages;
  }

  /** The messages if anybody touched them. */
  get openedMessages(): Messages | undefined {
    return this.#messages;
  }

  /** What a form must send back. @throws ImproperlyConfigured without the CSRF middleware; HeadIsOut where its cookie cannot go out any more. */
  csrfToken(): string {
    const before = this.csrfProvider;
    const token = provided(this.csrfProvider, "csrfToken()", "CsrfMiddleware").provide(this);
    // The first token of a request brings a cookie; a further one goes with it.
    if (this.#sealed && this.csrfProvider !== before) {
      this.csrfProvider = before;
      throw new HeadIsOut("request.csrfToken()");
    }
    return token;
  }

  /** The path of a route by its name. @throws NoReverseMatch */
  reverse(name: string, params?: Params): string {
    if (this.resolver === undefined) throw new ImproperlyConfigured("request.reverse: no handler has set the resolver");
    return this.resolver.reverse(name, params);
  }

  /** Whatever the application keeps for one request. No inherited names. */
  get state(): Record<string | symbol, unknown> {
    this.#state ??= Object.create(null) as Record<string | symbol, unknown>;
    return this.#state;
  }

  /** The head of the response is out while the view still works on the body: what needs a cookie throws HeadIsOut. Called by the handler. */
  seal(): void {
    this.#sealed = true;
    this.#session?.seal();
    this.#messages?.seal();
  }

  /** Whether cookies come too late: the view works on a body whose head is out. */
  get isSealed(): boolean {
    return this.#sealed;
  }

  /** Removes temporary files, and gives up what is still being read of the body. Called by the handler; again does nothing. */
  close(): Promise<void> | undefined {
    return this.#body?.close();
  }

  get #type(): ContentType {
    this.#contentType ??= parseContentType(this.environ.CONTENT_TYPE);
    return this.#contentType;
  }

  get #reading(): RequestBody {
    this.#body ??= new RequestBody(this.environ, this.settings, this.#type);
    return this.#body;
  }
}

function provided<T>(provider: Provider<T> | undefined, what: string, middleware: string): Provider<T> {
  if (provider === undefined) {
    throw new ImproperlyConfigured(`request.${what}: ${middleware} is not in settings.middleware before this`);
  }
  return provider;
}
