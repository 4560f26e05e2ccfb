/**
 * The client library, for browsers, Deno and Node: a connection that comes back by itself, what goes over it,
 * and the decoding of frames. `deno task build` bundles it as `voxcast_client.js`. The page that draws worlds
 * (`viewer.ts`, `decode_worker.ts`) is made with it.
 */
export type { VoxcastEvents } from "./client_events.ts";
export { VoxcastClient } from "./voxcast_client.ts";
export type { ProfileName, VoxcastClientOptions } from "./client_options.ts";
export type { ClientState, ClientStatus, ClientStep } from "./client_status.ts";
export {
  ClientError,
  type ClientErrorCategory,
  type ClientErrorFields,
  LOCAL_ERRORS,
  type LocalErrorCode,
} from "./client_error.ts";
export type { Credential, CredentialSource } from "./credential.ts";
export type { Greeting, Registration, ServerMessage, SignIn } from "./server_message.ts";
export type { JoinTarget } from "./world_join.ts";
export type { StreamEnd, StreamOptions, StreamUpdate } from "./streams.ts";
export type { RequestOptions, SendOptions } from "./requests.ts";
export { type BatchMetrics, BatchQueue, type BatchQueueOptions } from "./batch_queue.ts";
export { Backoff, type BackoffOptions } from "./backoff.ts";
export { checkFields, checkItems, type ItemRules, type OutgoingLimits } from "./outgoing_check.ts";
export { systemTimers, type Timers } from "./timers.ts";
export type { WebSocketConstructor, WebSocketLike } from "./web_socket.ts";
export type { RegionStore, StoreLink } from "./region_store.ts";
export { WorldRegions, type WorldRegionsOptions } from "./world_regions.ts";
export { RegionInbox, type RegionInboxOptions } from "./region_inbox.ts";
export { FrameDecoder, type FrameDecoderOptions } from "./frame_decoder.ts";
export type { DecodedRegion, FromDecoder, ToDecoder } from "./decode_messages.ts";
export {
  type Backpressure,
  CLOSE_CODES,
  type DecodedFrame,
  decodeFrameAsync,
  type ErrorCode,
  ERRORS,
  type Feature,
  type FrameHeader,
  type HeldRegion,
  type JsonFields,
  type KnownRegion,
  readFrameHeader,
  type Verified,
} from "../protocol/mod.ts";
export { formatRegionKey, type RegionKey, regionLevel, regionMorton } from "../space/mod.ts";
export type { Viewport } from "../viewport/mod.ts";
export type { Lens } from "./camera_pose.ts";
export { viewFrom } from "./view_from.ts";
