// The public names of `tsgi`.

export { type ConfigInput, defineConfig } from "./config/file.ts";
export type { Settings } from "./config/options.ts";
export type {
  Application,
  Body,
  Chunk,
  Departure,
  EarlyHints,
  Environ,
  HeaderList,
  Shutdown,
  StartResponse,
  Startup,
  TrailerList,
  Trailers,
  WorkerInfo,
  Write,
} from "./gateway/types.ts";
export { VERSION } from "./version.ts";
