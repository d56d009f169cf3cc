// The public names of `tsgi/application`: what a web application is written with. It runs on any TSGI server.

export { type Converter, type ConverterTypes, registerConverter } from "./converters.ts";
export {
  BadRequest,
  BadSignature,
  DisallowedHost,
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
export { type Methods, methods } from "./methods.ts";
export { type Included, include, type ParamsOf, type PathOptions, path, type Route, type Urls } from "./paths.ts";
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
export type * from "./types.ts";
export { Resolver, ResolverMatch } from "./resolver.ts";
export { getScriptPrefix, withScriptPrefix } from "./script-prefix.ts";
export { gotRequestException, type Receiver, requestFinished, requestStarted, Signal } from "./signals.ts";
export { getApplication, SETTINGS_VARIABLE } from "./get-application.ts";
export type { Handler } from "./handler.ts";
export { Middleware, syncMiddleware } from "./middleware.ts";
export { Client, type ClientOptions, type ClientRequest } from "./client.ts";
export type { BodyOptions, ClientUpload, FieldValues, MultipartValues } from "./client-body.ts";
export { ContractBreach } from "./client-contract.ts";
export type { ClientCookie, CookieJar } from "./client-cookies.ts";
export type { ClientHeaders, ClientResponse } from "./client-response.ts";
export { LEVELS, type Level, type Message, Messages } from "./messages.ts";
export { CommonMiddleware, type CommonOptions, commonMiddleware } from "./middlewares/common.ts";
export { CompressMiddleware } from "./middlewares/compress.ts";
export { ConditionalGetMiddleware } from "./middlewares/conditional-get.ts";
export { CsrfFailure, CsrfMiddleware, csrfExempt, rotateCsrfToken } from "./middlewares/csrf.ts";
export { MessagesMiddleware } from "./middlewares/messages.ts";
export { SecurityMiddleware } from "./middlewares/security.ts";
export { SessionMiddleware, SessionTooLarge } from "./middlewares/session.ts";
export { StaticFilesMiddleware } from "./middlewares/static-files.ts";
export { Session, type SessionData } from "./session.ts";
