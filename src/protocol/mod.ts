export { type ErrorCategory, type ErrorCode, type ErrorEntry, ERRORS } from "./errors.ts";
export { type ItemError, VoxcastError, type VoxcastErrorOptions } from "./voxcast_error.ts";
export { repeatedKey } from "./repeated_key.ts";
export { ProtocolError } from "./protocol_error.ts";
export { BaseMissingError } from "./base_missing_error.ts";
export {
  FLAG_DELTA,
  FLAG_REFINEMENT,
  FRAME_HEADER_BYTES,
  FRAME_MAGIC,
  type FrameCodec,
  type FrameHeader,
  kindOfFormat,
  readFrameHeader,
  type RefineCodec,
  SUPPORTED_CODECS,
} from "./frame_header.ts";
export { DEFLATE_LEVEL, encodePayload, planesBytes } from "./frame_payload.ts";
export { encodeEmptyFrame, encodeFrame, type FrameFields } from "./frame.ts";
export { encodeRefinementPayload } from "./refinement_payload.ts";
export { type DeltaFields, encodeDeltaPayload } from "./delta_payload.ts";
export { type DecodeLimits, type OpenedFrame, openFrame } from "./open_frame.ts";
export { type DecodedFrame, decodeFrame } from "./frame_decode.ts";
export type { HeldRegion } from "./held_region.ts";
export { applyFrame, heldFrame, planesBytesOn, readRegion } from "./apply_frame.ts";
export { decodeFrameAsync, inflateExact, readRegionAsync } from "./inflate_stream.ts";
export { BUNDLE_HEADER_BYTES, bundleBytes, MAX_BUNDLE_FRAMES, readBulk, writeBundle } from "./bundle.ts";
export { isPart, PART_HEADER_BYTES, partCount, type PartSplit, writePart } from "./part.ts";
export { PartJoiner, type PartJoinerOptions } from "./part_joiner.ts";
export {
  KNOWN_GROUP,
  type KnownRegions,
  type KnownTarget,
  type KnownType,
  knownType,
  LOD_NONE,
} from "./known_regions.ts";
export { encodeKnown, type KnownRegion } from "./known_encode.ts";
export { readKnown } from "./known_decode.ts";
export { MAGICS, readMagic } from "./magic.ts";
export { decodePatch, encodePatch, PATCH_MEDIA_TYPE, patchBytes, type PatchCells } from "./patch.ts";
export { formatColor, parseColor } from "./color.ts";
export { CLOSE_CODES, type CloseCode, type CloseEntry, closeReason, shouldReconnect } from "./close_codes.ts";
export { invalidViewport, type ViewportFields } from "./viewport_fields.ts";
export { type ClientMessage, type Close, parseClientMessage } from "./client_message.ts";
export type { Init } from "./init_message.ts";
export type { Auth, AuthCredential } from "./auth_message.ts";
export type { RegisterClient, UpdateViewport } from "./register_client.ts";
export { DROP_STRATEGIES, type DropStrategy, type Subscribe, type Unsubscribe } from "./subscribe_message.ts";
export { BARE_PING, BARE_PONG, type Heartbeat, type Ping, type Pong } from "./liveness_messages.ts";
export type { Ack, BytesAck, MessageAck } from "./ack_message.ts";
export { type Feature, FEATURES } from "./features.ts";
export { type Backpressure, backpressureMessage, type Verified, verifiedMessage } from "./flow_messages.ts";
export { PROTOCOL_VERSION, PROTOCOL_VERSION_TEXT } from "./protocol_version.ts";
export { checkJsonBounds, type JsonBounds } from "./json_bounds.ts";
export { isPlainName, PLAIN_NAME_WORDS, visibleText } from "./text_rule.ts";
export { echo, isObject, type JsonFields } from "./envelope.ts";
export {
  encodeGzipMessage,
  GZIP_HEADER_BYTES,
  type GzipKind,
  type GzipMessage,
  isGzipMessage,
  readGzipMessage,
} from "./gzip_message.ts";
export {
  errorFields,
  errorMessage,
  type MessageOptions,
  pongMessage,
  type Registered,
  registeredMessage,
  SERVER_MESSAGE_TYPES,
  serverMessage,
  type ServerMessageType,
} from "./server_message.ts";
export { encodePayloadOf, type PayloadId, payloadId, readPayloadId } from "./payload_id.ts";
