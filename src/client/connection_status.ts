/** Where a connection stands. */
export type ConnectionPhase =
  /** Not started, or stopped by the page. */
  | "idle"
  /** Asking the server whether it is there and lets us in. */
  | "checking"
  /** The socket is being opened. */
  | "connecting"
  /** The socket is open, the registration is sent. */
  | "registering"
  /** Registered: frames flow. */
  | "live"
  /** Lost; another attempt follows by itself. */
  | "waiting"
  /** The server said no; only the person can change that. */
  | "refused";

/** A connection's state as the page shows it. */
export interface ConnectionStatus {
  readonly phase: ConnectionPhase;
  /** Why, in words that can be shown; empty if there is nothing to say. */
  readonly reason: string;
  /** Name of the error catalogue, or of the close-code table, where one is known. */
  readonly code: string;
  /** When the next attempt starts, on the clock of the connection; only in `waiting`. */
  readonly retryAtMs: number | undefined;
  /** Failed attempts since the connection was last stable. */
  readonly attempts: number;
}

/** What a look at the server before opening a socket can find. */
export type Admission = "admitted" | "unauthorized" | "unreachable";

/** How a socket reports to its owner. */
export interface SocketEvents {
  readonly onOpen: () => void;
  readonly onText: (text: string) => void;
  readonly onBinary: (bytes: ArrayBuffer) => void;
  /** Once, whether the socket ever opened or not. */
  readonly onClose: (code: number, reason: string) => void;
}

/** An open or opening socket. */
export interface Socket {
  send(text: string): void;
  close(code: number, reason: string): void;
}
