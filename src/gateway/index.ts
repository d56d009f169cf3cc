// The public names of `tsgi/gateway`: the contract, and the loop that keeps it.

export { ContractError } from "./body.ts";
export { compose, type Middleware } from "./compose.ts";
export type { ServerFacts } from "./environ.ts";
export { ErrorStream } from "./errors.ts";
export {
  type BodySource,
  CUT,
  type Exchange,
  type ExchangeEvent,
  type ExchangeRequest,
  RequestError,
  type Serve,
  WAIT,
} from "./exchange.ts";
export { type FileHandleLike, type FileLike, FileWrapper } from "./file-wrapper.ts";
export { type ForwarderOptions, Forwarders } from "./forwarders.ts";
export type { GatewayHost, Trouble } from "./host.ts";
export { InputStream } from "./input.ts";
export { type Mounts, mount } from "./mount.ts";
export { gatewayFor } from "./run.ts";
export type {
  Application,
  Body,
  Chunk,
  Closable,
  Departure,
  EarlyHints,
  Environ,
  ErrorLevel,
  Errors,
  HeaderList,
  Input,
  Shutdown,
  StartResponse,
  Startup,
  TrailerList,
  Trailers,
  Upgrade,
  UpgradeOptions,
  WebSocketClosed,
  WebSocketConnection,
  WebSocketHandler,
  WorkerInfo,
  WrappedFile,
  Write,
} from "./types.ts";
