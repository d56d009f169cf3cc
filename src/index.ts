// The public names of `tsgi`.

export { type ConfigInput, defineConfig } from "./config/file.ts";
export type {
  ChildExitEvent,
  DeathCause,
  ForkAdditions,
  Hooks,
  NworkersChangedEvent,
  OnExitEvent,
  OnReloadEvent,
  OnServingEvent,
  OnStartingEvent,
  PostForkEvent,
  PostRequestEvent,
  PostWorkerInitEvent,
  PreExecEvent,
  PreForkEvent,
  PreRequestEvent,
  WhenReadyEvent,
  WorkerAbortEvent,
  WorkerExitEvent,
  WorkerFacts,
  WorkerIntEvent,
} from "./config/hooks.ts";
export type { Settings } from "./config/options.ts";
export { compose, type Middleware } from "./gateway/compose.ts";
export { type Mounts, mount } from "./gateway/mount.ts";
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
  WorkerInfo,
  WrappedFile,
  Write,
} from "./gateway/types.ts";
export { VERSION } from "./version.ts";
