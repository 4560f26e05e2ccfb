export { type ErrorCategory, type ErrorCode, type ErrorEntry, ERRORS } from "./errors.ts";
export { type ItemError, VoxcastError, type VoxcastErrorOptions } from "./voxcast_error.ts";
export { repeatedKey } from "./repeated_key.ts";
export { ProtocolError } from "./protocol_error.ts";
export {
  FRAME_HEADER_BYTES,
  FRAME_MAGIC,
  type FrameCodec,
  type FrameHeader,
  kindOfFormat,
  readFrameHeader,
  SUPPORTED_CODECS,
} from "./frame_header.ts";
export { DEFLATE_LEVEL, encodePayload, planesBytes } from "./frame_payload.ts";
export { encodeEmptyFrame, encodeFrame, type FrameFields } from "./frame.ts";
export { type DecodedFrame, decodeFrame, type DecodeLimits } from "./frame_decode.ts";
export { decodeFrameAsync, inflateExact } from "./inflate_stream.ts";
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
export type { Ack } from "./ack_message.ts";
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
