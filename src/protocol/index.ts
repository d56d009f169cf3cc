// The public names of `tsgi/protocol`: a codec without a socket, for whoever brings bytes of their own.

export type { Codec, Limits } from "./codec.ts";
export {
  type ConnectionInfo,
  type DataEvent,
  type EndEvent,
  type FlatFields,
  type InformationEvent,
  NEED_DATA,
  PAUSED,
  type Piece,
  type ProtocolEvent,
  type RequestHead,
  type ResponseEvent,
  type SendEvent,
} from "./events.ts";
export { FAULTS, type Fault, type FaultCode, MisuseError } from "./faults.ts";
export { Http1Codec, type Http1Options } from "./http1/codec.ts";
export { refusal } from "./refusal.ts";
