import { type Feature, FEATURES } from "../protocol/mod.ts";
import type { CredentialSource } from "./credential.ts";
import type { RegionStore } from "./region_store.ts";
import { systemTimers, type Timers } from "./timers.ts";
import type { WebSocketConstructor } from "./web_socket.ts";

/** The paths on which a server speaks; see the protocol's description for what each of them takes. */
export type ProfileName = "render" | "stream_features" | "heartbeat";

/** What a client is made with. Only `url` must be given; what is used otherwise stands in brackets. */
export interface VoxcastClientOptions {
  /**
   * Where the server is: `http`, `https`, `ws` or `wss`, with the path under which a proxy has it, if any.
   */
  readonly url: string | URL;
  /** (`render`: regions of worlds; the others have no regions.) */
  readonly profile?: ProfileName;
  /** World that the connection is for; the server refuses any other on it. (Any world.) */
  readonly world?: string | undefined;
  /** What the client proves itself with. (Nothing.) */
  readonly credential?: CredentialSource | undefined;
  /**
   * How it does: `ticket` exchanges the credential for a one-time ticket over HTTP, which opens the socket;
   * `message` sends AUTH on the open socket. No form puts a credential into an address. (`ticket` for
   * `render`, `message` for the others. A key that is sent with a signature always goes by message.)
   */
  readonly signIn?: "ticket" | "message";
  /** The program's name for itself, for the server's statistics. (A random one.) */
  readonly clientId?: string;
  /**
   * Whether INIT is sent: without it there is no session to take up, no gzip and no ACK, as in the first
   * protocol. (true)
   */
  readonly init?: boolean;
  /** Whether the server may compress messages. (true) */
  readonly gzip?: boolean;
  /** Whether reliable messages are acknowledged, and so sent again if they get lost. (true) */
  readonly ack?: boolean;
  /** Who holds the regions that come, such as `WorldRegions`. (Nobody: the program sees to the event `frame`.) */
  readonly regions?: RegionStore | undefined;
  /**
   * What the server may do beside sending one full frame a message. (`bundles`, `parts` and `flow`; with `regions` also
   * `refinements` and `deltas`, which nobody can read who does not hold what they continue.)
   */
  readonly features?: readonly Feature[];
  /** Least time between two pushes of the server, 16 to 10,000. (As often as it likes.) */
  readonly pushIntervalMs?: number | undefined;
  /** Bytes waiting to be decoded above which nothing is acknowledged, so that the server sends more slowly. (4 MiB) */
  readonly maxBacklogBytes?: number;
  /**
   * Attempts in a row whose socket did not open after which regions are fetched over HTTP, until one does. (3; Infinity:
   * never)
   */
  readonly pollAfterFailures?: number;
  /** Least time between two looks at what has changed, while regions are fetched over HTTP. (2,000) */
  readonly pollIntervalMs?: number;
  /** Least time between two viewports sent. (100) */
  readonly viewportIntervalMs?: number;
  /** An attempt that has not connected by then is given up. (10,000) */
  readonly attemptTimeoutMs?: number;
  /** Longest wait before the first retry; it doubles up to `maxBackoffMs`. (1,000) */
  readonly minBackoffMs?: number;
  /** Longest wait before a retry, unless the server asks for more. (30,000) */
  readonly maxBackoffMs?: number;
  /** A connection that lived so long makes the next wait short again. (10,000) */
  readonly stableMs?: number;
  /** Failed attempts in a row after which it gives up. (It never does.) */
  readonly maxAttempts?: number;
  /** Silence after which the server is asked for a sign of life. (30,000) */
  readonly heartbeatIntervalMs?: number;
  /** Time that it then has. (10,000) */
  readonly pongWaitMs?: number;
  /** Largest message that may come out of a compressed one, or of parts. (16 MiB) */
  readonly maxInflatedBytes?: number;
  /** Most messages that wait for a connection. (100) */
  readonly maxQueuedMessages?: number;
  /** UTF-8 bytes that wait at most. (262,144) */
  readonly maxQueuedBytes?: number;
  /**
   * What gives way when the queue is full: its oldest message, or the newest one, which is refused.
   * (`oldest`)
   */
  readonly queueDrop?: "oldest" | "newest";
  /** Most requests that wait for their answer. (256) */
  readonly maxPendingRequests?: number;
  /** (The platform's; Node before version 22 has none: pass that of the package `ws`.) */
  readonly WebSocket?: WebSocketConstructor;
  /** (The platform's.) */
  readonly fetch?: typeof fetch;
  /** (The platform's.) */
  readonly timers?: Timers;
  /** Uniform in [0, 1). (Math.random) */
  readonly random?: () => number;
}

/** Options with every default in place. */
export type SettledOptions =
  & Required<Omit<VoxcastClientOptions, Absent>>
  & Pick<VoxcastClientOptions, Absent>;

/** What there may be none of. */
type Absent = "world" | "credential" | "regions" | "pushIntervalMs";

const MEBIBYTE = 2 ** 20;

/** @throws {TypeError} if the platform has no WebSocket and none is given */
export function settleOptions(options: VoxcastClientOptions): SettledOptions {
  const { profile = "render", random = Math.random, credential } = options;
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const WebSocket = options.WebSocket ?? globalThis.WebSocket as WebSocketConstructor | undefined;
  if (WebSocket === undefined) {
    throw new TypeError(
      "This platform has no WebSocket: pass one, such as that of the package ws, as option WebSocket",
    );
  }
  return {
    profile,
    world: undefined,
    credential,
    signIn: profile === "render" ? "ticket" : "message",
    clientId: `client-${random().toString(36).slice(2, 10)}`,
    init: true,
    gzip: true,
    ack: true,
    regions: undefined,
    // Frames that continue others only if there is somebody who holds those.
    features: options.regions === undefined ? ["bundles", "parts", "flow"] : FEATURES,
    pushIntervalMs: undefined,
    maxBacklogBytes: 4 * MEBIBYTE,
    pollAfterFailures: 3,
    pollIntervalMs: 2000,
    viewportIntervalMs: 100,
    attemptTimeoutMs: 10_000,
    minBackoffMs: 1000,
    maxBackoffMs: 30_000,
    stableMs: 10_000,
    maxAttempts: Infinity,
    heartbeatIntervalMs: 30_000,
    pongWaitMs: 10_000,
    maxInflatedBytes: 16 * MEBIBYTE,
    maxQueuedMessages: 100,
    maxQueuedBytes: MEBIBYTE / 4,
    queueDrop: "oldest",
    maxPendingRequests: 256,
    fetch: globalThis.fetch,
    timers: systemTimers,
    random,
    WebSocket,
    ...given,
    url: options.url,
  };
}
