import type { ConfigKey } from "./schema.ts";

/** What becomes of those who reach a limit. */
export interface LimitEffect {
  /** Error code of the catalogue that they are told, by HTTP or in an ERROR message. */
  readonly code?: string;
  /** HTTP status, where a request can reach it. */
  readonly status?: number;
  /** Close code, where a socket is closed for it. */
  readonly close?: number;
  /** What happens, in words. */
  readonly text: string;
}

const RATE: LimitEffect = {
  code: "RATE_LIMITED",
  status: 429,
  text: "refused, with `Retry-After` and `RateLimit`; counts as a violation",
};
const SKIPPED: LimitEffect = {
  code: "RATE_LIMITED",
  text: "skipped; RATE_LIMIT_WARNING first, then the error, at most one a second; counts as a violation",
};
const OVERLOADED: LimitEffect = {
  code: "OVERLOADED",
  status: 503,
  text: "new connections are paced, the others get `Retry-After`; who is in stays in",
};
const SLOW: LimitEffect = { close: 4009, text: "the connection is closed: it does not read" };
const TOO_LARGE: LimitEffect = { code: "PAYLOAD_TOO_LARGE", status: 413, text: "refused whole" };
const TOO_COMPLEX: LimitEffect = {
  code: "JSON_TOO_COMPLEX",
  status: 413,
  text: "refused before it is parsed",
};
const NO_UPGRADE: LimitEffect = { code: "ADDRESS_LIMIT", status: 429, text: "the upgrade is refused" };
const NO_CREDENTIAL: LimitEffect = { code: "AUTH_REQUIRED", close: 4003, text: "the connection is closed" };
const NO_ROOM: LimitEffect = {
  code: "MEMORY_LIMIT",
  status: 507,
  text: "refused whole, nothing is changed",
};
const TOO_MANY_ENTITIES: LimitEffect = { code: "ENTITY_LIMIT", status: 409, text: "refused" };
const DROPS: LimitEffect = { text: "messages are dropped as the subscription's strategy says" };
const NO_FRAMES: LimitEffect = { text: "the client gets no more frames until it has read" };
const WAITS: LimitEffect = { text: "the rest waits" };
const NO_PICTURE: LimitEffect = { code: "INVALID_FIELD", status: 400, text: "refused" };
const TOO_MANY: LimitEffect = { code: "BUSY", status: 429, text: "refused, with `Retry-After`" };
const IMPORT: LimitEffect = { text: "the file is refused, the world stays as it was" };

/** Every limit that a client or a load can reach, with what it does then. `docs/configuration.md` prints it as one table. */
export const LIMIT_EFFECTS: Readonly<Partial<Record<ConfigKey, LimitEffect>>> = {
  "limits.httpRequests": RATE,
  "limits.healthRequests": RATE,
  "limits.settingsRequests": RATE,
  "limits.regionRequests": RATE,
  "limits.snapshotRequests": RATE,
  "limits.pictureRequests": RATE,
  "limits.pickRequests": RATE,
  "limits.longPollRequests": RATE,
  "limits.opRequests": RATE,
  "limits.connects": { ...RATE, text: "the upgrade is refused, with `Retry-After`" },
  "limits.messagesPerSecond": SKIPPED,
  "limits.positionsPerSecond": SKIPPED,
  "limits.maxKnownRegions": {
    code: "BUSY",
    text: "the message KNOWN is refused; what it names is sent anew",
  },
  "limits.maxKnownBytes": { code: "BUSY", text: "the message KNOWN is refused; what it names is sent anew" },
  "limits.knownTtlMs": { text: "what KNOWN named is dropped, and sent anew" },
  "limits.opsPerSecond": { text: "nothing yet: reserved for edits in messages, of which there are none" },
  "limits.serverMessagesPerSecond": {
    code: "OVERLOADED",
    text: "skipped, told at most once a second; no violation",
  },
  "limits.streamUpdatesPerSecond": { text: "the updates of each of them come less often" },
  "limits.serverStreamUpdatesPerSecond": { text: "the updates of each of them come less often" },
  "limits.maxViolations": {
    code: "BANNED",
    status: 429,
    close: 4008,
    text: "the principal or session is banned for `limits.banSec`",
  },
  "limits.maxTrackedKeys": { text: "the bucket that is fullest, so the one least used, is forgotten" },
  "streaming.maxClientsPerServer": { close: 4001, text: "the socket is opened and closed at once" },
  "limits.maxClientsPerWorld": {
    code: "WORLD_FULL",
    status: 503,
    close: 4005,
    text: "not let into the world",
  },
  "limits.maxClientsPerAddress": NO_UPGRADE,
  "limits.maxLoopLagMs": OVERLOADED,
  "limits.maxMemoryBytes": OVERLOADED,
  "limits.pacedAcceptsPerSecond": OVERLOADED,
  "limits.maxUnexplainedBytes": {
    text:
      "sockets without a whole message since then are cut off, those without a credential and the newest first",
  },
  "limits.maxJsonDepth": TOO_COMPLEX,
  "limits.maxJsonValues": TOO_COMPLEX,
  "limits.maxMalformedInRow": { close: 4007, text: "the connection is closed; each one before was answered" },
  "security.maxAuthFailures": {
    code: "LOCKED_OUT",
    status: 429,
    close: 4003,
    text: "credentials from this address are not looked at for `security.authLockoutSec`",
  },
  "security.maxTickets": { code: "BUSY", status: 429, text: "no further ticket until one is used or ends" },
  "security.ticketTtlSec": { status: 401, close: 4003, text: "the ticket is worth nothing" },
  "security.sessionTokenTtlSec": { text: "the client gets a new session" },
  "security.hmacWindowSec": {
    code: "UNAUTHORIZED",
    status: 401,
    close: 4003,
    text: "the signature is refused",
  },
  "session.authTimeoutMs": NO_CREDENTIAL,
  "session.maxUnauthenticated": NO_UPGRADE,
  "session.maxUnauthenticatedPerAddress": NO_UPGRADE,
  "session.maxUnauthenticatedBytes": NO_CREDENTIAL,
  "session.deadAfterMs": { close: 4000, text: "the connection is closed" },
  "session.writeTimeoutMs": SLOW,
  "session.drainTimeoutMs": { text: "what still waits is dropped, the socket is closed" },
  "session.maxControlMessages": SLOW,
  "session.maxControlBytes": SLOW,
  "session.maxReliableMessages": SLOW,
  "session.maxReliableBytes": SLOW,
  "session.maxAckRetries": {
    text: "the message is not sent again; RESYNC when `session.ackTimeoutMs` is over",
  },
  "session.ackTimeoutMs": { text: "the message is given up, the client is told by RESYNC" },
  "session.maxStreamMessages": DROPS,
  "session.maxStreamBytes": DROPS,
  "session.maxSubscriptions": { code: "SUBSCRIPTION_LIMIT", text: "SUBSCRIBE_FAILED" },
  "session.bulkWatermarkBytes": { text: "streams of this connection wait" },
  "streaming.maxMessageSizeBytes": {
    code: "MESSAGE_TOO_LARGE",
    close: 4002,
    text: "the connection is closed before the message is parsed",
  },
  "streaming.maxPendingSendsPerClient": NO_FRAMES,
  "streaming.maxBufferedBytesPerClient": NO_FRAMES,
  "streaming.maxBulkMessageBytes": { text: "longer frames leave in parts, where the client takes parts" },
  "streaming.maxBundleFrames": { text: "the rest leaves in the next message" },
  "streaming.maxClientBytesPerSecond": WAITS,
  "streaming.maxScreenErrorPx": { text: "the region is sent finer" },
  "streaming.slowConsumerTimeoutMs": { close: 4009, text: "told by BACKPRESSURE first, then closed" },
  "streaming.maxSendFailures": { close: 4009, text: "the connection is closed: its socket takes nothing" },
  "streaming.maxRegionsPerView": {
    text: "the rest is left out, and the client told by BACKPRESSURE; over HTTP the list ends there",
  },
  "streaming.maxViewportUpdatesPerSecond": { text: "only the newest view counts" },
  "streaming.openTimeoutMs": { text: "the socket is given up" },
  "streaming.idleTimeoutSec": { close: 1001, text: "the runtime closes the connection" },
  "http.maxBodyBytes": TOO_LARGE,
  "http.maxJsonBytes": TOO_LARGE,
  "http.maxJsonValues": TOO_COMPLEX,
  "http.maxReadCells": { ...TOO_LARGE, text: "refused; ask for less" },
  "http.regionWaitMs": { status: 503, text: "refused, with `Retry-After`; the build goes on" },
  "http.maxPollSec": { code: "INVALID_FIELD", status: 400, text: "refused" },
  "http.maxWaitingPolls": { code: "BUSY", status: 429, text: "refused, with `Retry-After`" },
  "world.maxWorlds": { code: "WORLD_LIMIT", status: 409, text: "refused" },
  "world.maxVoxelsPerWorld": { code: "VOXEL_LIMIT", status: 409, text: "refused whole, nothing is changed" },
  "world.maxWorldBytes": NO_ROOM,
  "world.maxVoxelBytesTotal": NO_ROOM,
  "world.maxDirtyRegions": { code: "BUSY", status: 429, text: "refused, with `Retry-After`" },
  "world.maxPatchCells": TOO_LARGE,
  "world.maxEntitiesPerWorld": TOO_MANY_ENTITIES,
  "world.maxEntityCells": TOO_MANY_ENTITIES,
  maxEntitiesPerRegion: TOO_MANY_ENTITIES,
  "cache.maxCacheMemoryBytes": { text: "regions that nobody looks at are forgotten, the least used first" },
  "build.maxQueueDepth": WAITS,
  "build.buildTimeoutMs": { text: "the build counts as failed, its worker is replaced" },
  "build.maxBuildsPerSecondPerRegion": WAITS,
  "gpu.maxBatchRegions": WAITS,
  "gpu.maxBatchVoxels": WAITS,
  "gpu.maxSoftwareBatchVoxels": WAITS,
  "gpu.maxPooledBytes": { text: "buffers are freed" },
  "gpu.batchTimeoutMs": {
    text: "the GPU counts as hanging: its worker is replaced, the regions are built again",
  },
  "gpu.maxHangs": { text: "the CPU builds until the next start" },
  "gpu.maxFailures": { text: "the CPU builds for `gpu.pauseMs`" },
  "trace.maxPicturePixels": NO_PICTURE,
  "trace.maxWaitingPictures": TOO_MANY,
  "trace.maxWaitingPicks": TOO_MANY,
  "trace.maxSceneBytes": {
    text:
      "the picture is made of coarser regions; PAYLOAD_TOO_LARGE where `lod` was given or nothing is coarse enough",
  },
  "trace.tileTimeoutMs": { text: "the worker is replaced, the tile tried again; in the end 503" },
  "trace.maxHangs": { text: "the CPU traces until the next start" },
  "trace.maxFailures": { text: "the CPU traces for `trace.pauseMs`" },
  "snapshots.maxWidthPx": NO_PICTURE,
  "snapshots.maxHeightPx": NO_PICTURE,
  "snapshots.maxRegions": { code: "PAYLOAD_TOO_LARGE", status: 413, text: "refused: come nearer" },
  "snapshots.maxAtOnce": TOO_MANY,
  "snapshots.buildWaitMs": { status: 503, text: "refused, with `Retry-After`; the builds go on" },
  "snapshots.traceTimeoutMs": { status: 503, text: "given up, with `Retry-After`" },
  "snapshots.maxCacheBytes": { text: "the pictures that were asked for longest ago are forgotten" },
  "import.maxFileBytes": IMPORT,
  "import.maxDecodedBytes": IMPORT,
  "import.maxPoints": IMPORT,
  "import.maxSceneNodes": IMPORT,
  "import.maxSceneDepth": IMPORT,
  "import.maxCells": IMPORT,
};
