/** Why a connection ended, and what the client should do about it. */
export interface CloseEntry<Code extends number = number> {
  readonly code: Code;
  readonly name: string;
  /** Text that travels with the code. */
  readonly reason: string;
  /** Whether connecting again, unchanged and after a pause, can succeed. */
  readonly reconnect: boolean;
  readonly summary: string;
}

/** Every code with which the server closes a connection; `README.md` prints the table and a test compares. */
export const CLOSE_CODES = {
  NORMAL: close(1000, "NORMAL", "Goodbye", false, "The client said CLOSE"),
  SHUTDOWN: close(1001, "SHUTDOWN", "Server shutdown", true, "The server is stopping"),
  INTERNAL: close(1011, "INTERNAL", "Internal error", true, "The server failed"),
  HEARTBEAT: close(4000, "HEARTBEAT", "Heartbeat timeout", true, "Nothing was heard from the client in time"),
  SERVER_FULL: close(
    4001,
    "SERVER_FULL",
    "Server full",
    true,
    "As many clients are connected as are accepted",
  ),
  MESSAGE_TOO_LARGE: close(
    4002,
    "MESSAGE_TOO_LARGE",
    "Message size limit exceeded",
    false,
    "A message was longer than `max_message_bytes`",
  ),
  UNAUTHORIZED: close(
    4003,
    "UNAUTHORIZED",
    "Unauthorized",
    false,
    "The credential is absent, wrong, expired or came too late",
  ),
  WORLD_GONE: close(4004, "WORLD_GONE", "World gone", false, "The world was deleted"),
  WORLD_FULL: close(
    4005,
    "WORLD_FULL",
    "World full",
    true,
    "As many clients are in the world as are accepted",
  ),
  KICKED: close(4006, "KICKED", "Removed", false, "Reserved for moderation: a moderator removed the client"),
  PROTOCOL: close(4007, "PROTOCOL", "Protocol violation", false, "The client kept breaking the protocol"),
  RATE: close(4008, "RATE", "Rate limit exceeded", true, "The client kept sending more than is granted"),
  SLOW_CONSUMER: close(
    4009,
    "SLOW_CONSUMER",
    "Slow consumer",
    true,
    "The client did not read what it was sent",
  ),
  SESSION_TAKEN: close(
    4010,
    "SESSION_TAKEN",
    "Session continued elsewhere",
    false,
    "Another connection has taken this session up",
  ),
  MEMORY: close(
    4011,
    "MEMORY",
    "Memory is short",
    true,
    "Memory grew without a reason, and the client had not finished a message since",
  ),
  CLIENT_RECONNECT: close(
    4100,
    "CLIENT_RECONNECT",
    "Reconnecting",
    true,
    "Sent by clients only: they leave this socket to open another",
  ),
} as const satisfies Readonly<Record<string, CloseEntry>>;

/** A code with which the server closes. */
export type CloseCode = typeof CLOSE_CODES[keyof typeof CLOSE_CODES]["code"];

/** The text that travels with a code. */
export function closeReason(code: CloseCode): string {
  return find(code)!.reason;
}

/**
 * Whether a client should connect again after a close with this code. Codes that are not in the table (1006: the
 * network broke) come from between the two ends, so yes; except 1000, which is a farewell.
 */
export function shouldReconnect(code: number): boolean {
  return find(code)?.reconnect ?? code !== 1000;
}

function find(code: number): CloseEntry | undefined {
  return Object.values(CLOSE_CODES).find((entry) => entry.code === code);
}

function close<Code extends number>(
  code: Code,
  name: string,
  reason: string,
  reconnect: boolean,
  summary: string,
): CloseEntry<Code> {
  return { code, name, reason, reconnect, summary };
}
