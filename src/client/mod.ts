/**
 * The browser's side: the connection, the decoding of frames, and the page that draws them. The page's entries are
 * `viewer.ts` and `decode_worker.ts`; what is named here runs without a browser as well.
 */
export { Backoff, type BackoffOptions } from "./backoff.ts";
export { Connection, type ConnectionOptions } from "./connection.ts";
export type {
  Admission,
  ConnectionPhase,
  ConnectionStatus,
  Socket,
  SocketEvents,
} from "./connection_status.ts";
export type { DecodedRegion, FromDecoder, ToDecoder } from "./decode_messages.ts";
export { FrameDecoder, type FrameDecoderOptions } from "./frame_decoder.ts";
export {
  parseServerMessage,
  type Registration,
  type ServerError,
  type ServerMessage,
} from "./server_message.ts";
export type { Timers } from "./timers.ts";
