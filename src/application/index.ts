// The public names of `tsgi/application`: what a web application is written with. It runs on any TSGI server.

export { Client, type ClientOptions, type ClientRequest } from "./client.ts";
export type { BodyOptions, ClientUpload, FieldValues, MultipartValues } from "./client-body.ts";
export { ContractBreach } from "./client-contract.ts";
export type { ClientCookie, CookieJar } from "./client-cookies.ts";
export type { ClientHeaders, ClientResponse } from "./client-response.ts";
export { evaluateConditions, ifRangeHolds, parseEtags, type Validators, type Verdict } from "./conditional.ts";
export { contentDisposition } from "./content-disposition.ts";
export { contentTypeOf } from "./content-type.ts";
export { type Converter, type ConverterTypes, registerConverter } from "./converters.ts";
export {
  BadRequest,
  BadSignature,
  DisallowedHost,
  DisallowedRedirect,
  HeadIsOut,
  HttpError,
  ImproperlyConfigured,
  MiddlewareNotUsed,
  NoReverseMatch,
  NotFound,
  PermissionDenied,
  RawStreamRead,
  RequestDataTooBig,
  Resolver404,
  SignatureExpired,
  SuspiciousFileOperation,
  SuspiciousOperation,
  TooManyFields,
  TooManyFiles,
  UnsupportedMediaType,
} from "./exceptions.ts";
export type { Form, FormFiles, ReadonlyParams } from "./form.ts";
export { getApplication, SETTINGS_VARIABLE } from "./get-application.ts";
export type { Handler } from "./handler.ts";
export { escapeHtml, Html, type HtmlValue, html, raw } from "./html.ts";
export { httpDate, parseHttpDate } from "./http-date.ts";
export { LEVELS, type Level, type Message, Messages } from "./messages.ts";
export { type Methods, methods } from "./methods.ts";
export { Middleware, syncMiddleware } from "./middleware.ts";
export { CommonMiddleware, type CommonOptions, commonMiddleware } from "./middlewares/common.ts";
export { CompressMiddleware } from "./middlewares/compress.ts";
export { ConditionalGetMiddleware } from "./middlewares/conditional-get.ts";
export { CsrfFailure, CsrfMiddleware, csrfExempt, rotateCsrfToken } from "./middlewares/csrf.ts";
export { MessagesMiddleware } from "./middlewares/messages.ts";
export { SecurityMiddleware } from "./middlewares/security.ts";
export { SessionMiddleware, SessionTooLarge } from "./middlewares/session.ts";
export { StaticFilesMiddleware } from "./middlewares/static-files.ts";
export { type Included, include, type ParamsOf, type PathOptions, path, type Route, type Urls } from "./paths.ts";
export { Request } from "./request.ts";
export type { Cookies } from "./request-cookies.ts";
export type { RequestHeaders } from "./request-headers.ts";
export type { Provider, Reverser } from "./request-providers.ts";
export { Resolver, ResolverMatch } from "./resolver.ts";
export {
  type Closer,
  type Content,
  EventStreamResponse,
  FileResponse,
  type FileResponseInit,
  JsonResponse,
  NotAllowed,
  NotModified,
  type PostRender,
  Redirect,
  type RedirectInit,
  Response,
  type ResponseInit,
  type ServerSentEvent,
  type SetSignedCookieOptions,
  type StreamContent,
  StreamingResponse,
  type Template,
  TemplateResponse,
  type WebSocketInit,
  WebSocketResponse,
} from "./response.ts";
export type { CookieOptions, CookieScope, ResponseCookie, ResponseCookies } from "./response-cookies.ts";
export type { HeadersInit, Pair, ResponseHeaders } from "./response-headers.ts";
export { type SafeJoinOptions, safeJoin } from "./safe-join.ts";
export { getScriptPrefix, withScriptPrefix } from "./script-prefix.ts";
export { Session, type SessionData } from "./session.ts";
export {
  type CompressSettings,
  type CsrfSettings,
  type ErrorHandler,
  type ErrorHandlers,
  type SameSite,
  type SecuritySettings,
  type SessionSettings,
  type Settings,
  type SettingsInput,
  type StaticSettings,
  setup,
} from "./settings.ts";
export { gotRequestException, type Receiver, requestFinished, requestStarted, Signal } from "./signals.ts";
export {
  constantTimeEqual,
  type DumpOptions,
  dumps,
  type LoadOptions,
  loads,
  randomToken,
  Signer,
  type SignerOptions,
  type SigningKeys,
  TimestampSigner,
  type UnsignOptions,
} from "./signing.ts";
export type * from "./types.ts";
export type { UploadedFile } from "./uploaded-file.ts";
