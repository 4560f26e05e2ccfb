import type { CloseCode } from "./close_codes.ts";

/** Every error code that a client can meet, on the socket or over HTTP. */
export type ErrorCode =
  | "INVALID_JSON"
  | "MISSING_TYPE"
  | "UNKNOWN_TYPE"
  | "MISSING_FIELD"
  | "INVALID_FIELD"
  | "CONFLICTING_FIELD"
  | "INVALID_VIEWPORT"
  | "UNSUPPORTED_PROTOCOL"
  | "UNSUPPORTED_BINARY"
  | "INVALID_BODY"
  | "OUT_OF_BOUNDS"
  | "NOT_FOUND"
  | "METHOD_NOT_ALLOWED"
  | "UNSUPPORTED_MEDIA"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "NOT_ALLOWED"
  | "AUTH_REQUIRED"
  | "AUTH_EXPIRED"
  | "LOCKED_OUT"
  | "MESSAGE_TOO_LARGE"
  | "PAYLOAD_TOO_LARGE"
  | "SERVER_FULL"
  | "BUSY"
  | "RATE_LIMITED"
  | "BANNED"
  | "WORLD_FULL"
  | "ADDRESS_LIMIT"
  | "OVERLOADED"
  | "SUBSCRIPTION_LIMIT"
  | "JSON_TOO_COMPLEX"
  | "WORLD_LIMIT"
  | "ENTITY_LIMIT"
  | "VOXEL_LIMIT"
  | "MEMORY_LIMIT"
  | "NOT_REGISTERED"
  | "STREAM_EXISTS"
  | "STREAM_NOT_FOUND"
  | "WORLD_NOT_FOUND"
  | "WORLD_EXISTS"
  | "ENTITY_NOT_FOUND"
  | "ENTITY_EXISTS"
  | "INTERNAL"
  | "SHUTTING_DOWN";

/** Who has to act: the sender, whoever holds the key, nobody until load falls, the world's users, the operator. */
export type ErrorCategory = "client" | "auth" | "limit" | "state" | "server";

/** What is known about an error code, whatever the occasion. */
export interface ErrorEntry {
  /** Five digits, first digit by category; never reused, so it cannot be taken for a status or a close code. */
  readonly number: number;
  readonly category: ErrorCategory;
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean;
  readonly httpStatus: number;
  /**
   * The code with which a connection is closed where this error ends it. UNAUTHORIZED, AUTH_REQUIRED and LOCKED_OUT do
   * not always: a connection that has time and attempts left may show another credential, and one that has shown a
   * right one before keeps it. The others always do.
   */
  readonly closeCode?: CloseCode;
  readonly summary: string;
}

/** The catalogue: the one place that says what each code means. `README.md` prints it and a test compares. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorEntry>> = {
  INVALID_JSON: client(10001, 400, "The message is not JSON"),
  MISSING_TYPE: client(10002, 400, "The message has no type"),
  UNKNOWN_TYPE: client(10003, 400, "No message of this type is known here"),
  MISSING_FIELD: client(10004, 400, "A field that the message needs is absent"),
  INVALID_FIELD: client(10005, 400, "A field has the wrong type or a value out of range"),
  CONFLICTING_FIELD: client(10006, 400, "One field is given twice with different values"),
  INVALID_VIEWPORT: client(10007, 400, "The viewport has no usable camera"),
  UNSUPPORTED_PROTOCOL: client(10008, 400, "The protocol version or codec is not spoken here"),
  UNSUPPORTED_BINARY: client(
    10009,
    400,
    "The binary message is none that is accepted here, or cannot be read",
  ),
  INVALID_BODY: client(10010, 400, "The request body cannot be read"),
  OUT_OF_BOUNDS: client(10011, 422, "A position lies outside the world"),
  NOT_FOUND: client(10012, 404, "There is nothing at this address"),
  METHOD_NOT_ALLOWED: client(10013, 405, "The address exists but not with this method"),
  UNSUPPORTED_MEDIA: client(10014, 415, "The media type of the body is not accepted here"),
  UNAUTHORIZED: { ...entry(20001, "auth", false, 401, "The key is absent or wrong"), closeCode: 4003 },
  FORBIDDEN: entry(
    20002,
    "auth",
    false,
    403,
    "Requests from this origin or under this host name are not taken",
  ),
  NOT_ALLOWED: entry(20003, "auth", false, 403, "The credential does not allow this, or not in this world"),
  AUTH_REQUIRED: {
    ...entry(20004, "auth", false, 401, "The connection has not shown a credential, or not in time"),
    closeCode: 4003,
  },
  AUTH_EXPIRED: {
    ...entry(20005, "auth", false, 401, "The credential has expired"),
    closeCode: 4003,
  },
  LOCKED_OUT: {
    ...entry(20006, "auth", true, 429, "Too many credentials from this address were wrong"),
    closeCode: 4003,
  },
  MESSAGE_TOO_LARGE: {
    ...entry(30001, "limit", false, 413, "The message is longer than the server accepts"),
    closeCode: 4002,
  },
  PAYLOAD_TOO_LARGE: entry(30002, "limit", false, 413, "The body or patch is larger than the server accepts"),
  SERVER_FULL: {
    ...entry(30003, "limit", true, 503, "The server has as many clients as it accepts"),
    closeCode: 4001,
  },
  BUSY: entry(30004, "limit", true, 429, "More work is waiting than the server queues"),
  WORLD_LIMIT: entry(30005, "limit", false, 409, "The server holds as many worlds as it accepts"),
  ENTITY_LIMIT: entry(30006, "limit", false, 409, "The world or region holds as many entities as it accepts"),
  VOXEL_LIMIT: entry(30007, "limit", false, 409, "The world would hold more voxels than it accepts"),
  MEMORY_LIMIT: entry(
    30008,
    "limit",
    false,
    507,
    "The world or server would need more memory than it may use",
  ),
  RATE_LIMITED: entry(30009, "limit", true, 429, "More was sent than is granted"),
  BANNED: {
    ...entry(
      30010,
      "limit",
      true,
      429,
      "The limits were exceeded so often that nothing is taken for a while",
    ),
    closeCode: 4008,
  },
  WORLD_FULL: {
    ...entry(30011, "limit", true, 503, "The world has as many clients as it accepts"),
    closeCode: 4005,
  },
  ADDRESS_LIMIT: entry(
    30012,
    "limit",
    true,
    429,
    "As many connections are open from this address as are accepted",
  ),
  OVERLOADED: entry(30013, "limit", true, 503, "The server is overloaded and takes in new clients slowly"),
  SUBSCRIPTION_LIMIT: entry(
    30014,
    "limit",
    false,
    409,
    "The connection has as many subscriptions as it may have",
  ),
  JSON_TOO_COMPLEX: entry(30015, "limit", false, 413, "The JSON is nested too deeply or has too many values"),
  NOT_REGISTERED: entry(40001, "state", false, 409, "The connection has not registered"),
  WORLD_NOT_FOUND: entry(40002, "state", false, 404, "There is no such world"),
  WORLD_EXISTS: entry(40003, "state", false, 409, "There is a world of this name already"),
  ENTITY_NOT_FOUND: entry(40004, "state", false, 404, "There is no such entity in the world"),
  ENTITY_EXISTS: entry(40005, "state", false, 409, "There is an entity of this id already"),
  STREAM_EXISTS: entry(40006, "state", false, 409, "The connection has a subscription of this id already"),
  STREAM_NOT_FOUND: entry(
    40007,
    "state",
    false,
    404,
    "There is no such stream, or no subscription of this id",
  ),
  INTERNAL: entry(50001, "server", true, 500, "The server failed; nothing was wrong with the request"),
  SHUTTING_DOWN: {
    ...entry(50002, "server", true, 503, "The server is stopping"),
    closeCode: 1001,
  },
};

function client(number: number, httpStatus: number, summary: string): ErrorEntry {
  return entry(number, "client", false, httpStatus, summary);
}

function entry(
  number: number,
  category: ErrorCategory,
  retryable: boolean,
  httpStatus: number,
  summary: string,
): ErrorEntry {
  return { number, category, retryable, httpStatus, summary };
}
