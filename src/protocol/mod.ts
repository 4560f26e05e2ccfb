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
export {
  type ClientMessage,
  parseClientMessage,
  type Ping,
  PROTOCOL_VERSION,
  type RegisterClient,
  type UpdateViewport,
} from "./client_message.ts";
export { errorMessage, pongMessage, type Registered, registeredMessage } from "./server_message.ts";
