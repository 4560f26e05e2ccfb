import {
  type Backpressure,
  type Feature,
  FEATURES,
  isObject,
  type JsonFields,
  type Verified,
} from "../protocol/mod.ts";
import type { Bounds, Vec3 } from "../space/mod.ts";

/** A text message of the server. */
export interface ServerMessage {
  /** In upper case, as in `FEATURE_UPDATE`. */
  readonly type: string;
  /** Set on reliable messages: to be answered with ACK. */
  readonly id: string | undefined;
  /** The `id` of the message that this answers. */
  readonly ref: string | undefined;
  readonly data: JsonFields;
}

/** What the server says of a world when it accepts a registration. */
export interface Registration {
  readonly world: string;
  readonly epoch: number;
  readonly session: string;
  readonly bounds: Bounds;
  readonly level: number;
  readonly depth: number;
  readonly lodThresholds: readonly number[];
  /** The box of all content, or undefined if the world is empty. */
  readonly contentBounds: Bounds | undefined;
  readonly limits: Readonly<Record<string, number>>;
  /** What the server has granted of what was asked for; undefined if it is an older one, which knows of none. */
  readonly features: readonly Feature[] | undefined;
  /** Least time between two acknowledgements of what has come. */
  readonly ackIntervalMs: number;
  /**
   * It goes on with what the client held before, of the same world and epoch; else all that was held is void.
   */
  readonly resumed: boolean;
}

/** What was settled by INIT. */
export interface Greeting {
  /** The session's id; empty until a credential was shown. */
  readonly session: string;
  readonly serverVersion: string;
  readonly gzip: boolean;
  readonly ack: boolean;
  readonly authenticated: boolean;
  readonly authRequired: boolean;
  /** The server's clock, in milliseconds since the Unix epoch. */
  readonly serverTimeMs: number;
  readonly limits: Readonly<Record<string, number>>;
}

/** What AUTH brought. */
export interface SignIn {
  /** Who the server takes this client for. */
  readonly principal: string;
  readonly role: string;
  readonly worlds: "all" | readonly string[];
  /** Time until the credential ends; undefined if it does not. */
  readonly expiresInMs: number | undefined;
}

/**
 * Reads a text message of the server. Fields may be in `data`, in `payload`, or flat.
 * @throws {TypeError} if it is no object with a type
 * @throws {SyntaxError} if it is not JSON
 */
export function parseServerMessage(text: string): ServerMessage {
  const message = asObject(JSON.parse(text), "message");
  if (typeof message.type !== "string") throw new TypeError("Server message has no type");
  const data = [message.data, message.payload].find(isObject) ?? message;
  return { type: message.type.toUpperCase(), id: asText(message.id), ref: asText(data.ref), data };
}

/** Time between two acknowledgements if the server does not say. */
const ACK_INTERVAL_MS = 50;

/** @throws {TypeError} if REGISTERED lacks what cannot be done without */
export function readRegistration(data: JsonFields): Registration {
  const content = data.content_bounds;
  return {
    world: asString(data.world, "world"),
    epoch: asNumber(data.epoch, "epoch"),
    session: asText(data.session) ?? "",
    bounds: readBounds(data.bounds, "bounds"),
    level: asNumber(data.level, "level"),
    depth: asNumber(data.depth, "depth"),
    lodThresholds: Array.isArray(data.lod_thresholds) ? data.lod_thresholds.filter(Number.isFinite) : [],
    contentBounds: content === null || content === undefined
      ? undefined
      : readBounds(content, "content_bounds"),
    limits: readLimits(data.limits),
    features: readGranted(data.features),
    ackIntervalMs: typeof data.ack_interval_ms === "number" ? data.ack_interval_ms : ACK_INTERVAL_MS,
    resumed: false,
  };
}

/** What is held back of what the client is to be sent. @throws {TypeError} if BACKPRESSURE cannot be read */
export function readBackpressure(data: JsonFields): Backpressure {
  const { state, reason, close_after_ms: closeAfterMs } = data;
  const isKnown = reason === "slow" || reason === "memory" || reason === "view";
  if ((state !== "held" && state !== "released") || !isKnown) {
    throw new TypeError("Server message: state or reason of BACKPRESSURE is unknown");
  }
  return {
    state,
    reason,
    heldRegions: asNumber(data.held_regions, "held_regions"),
    finestLod: asNumber(data.finest_lod, "finest_lod"),
    ...(typeof closeAfterMs === "number" ? { closeAfterMs } : {}),
  };
}

/** What came of a VERIFY. @throws {TypeError} if VERIFIED cannot be read */
export function readVerified(data: JsonFields): Verified {
  return { checked: asNumber(data.checked, "checked"), wrong: asNumber(data.wrong, "wrong") };
}

/** Whether two registrations are of the same state of the same world, so that regions of one are good in the other. */
export function isSameWorld(a: Registration, b: Registration): boolean {
  return a.world === b.world && a.epoch === b.epoch && a.level === b.level && a.depth === b.depth &&
    JSON.stringify(a.bounds) === JSON.stringify(b.bounds);
}

/** @throws {TypeError} if INIT lacks what cannot be done without */
export function readGreeting(data: JsonFields): Greeting {
  return {
    session: asText(data.session) ?? "",
    serverVersion: asText(data.server_version) ?? "",
    gzip: data.compression === "gzip",
    ack: data.ack === true,
    authenticated: data.authenticated === true,
    authRequired: data.auth_required === true,
    serverTimeMs: asNumber(data.server_time_ms, "server_time_ms"),
    limits: readLimits(data.limits),
  };
}

/** @throws {TypeError} if AUTH_SUCCESS lacks what cannot be done without */
export function readSignIn(data: JsonFields): SignIn {
  const expires = data.expires_at_ms ?? undefined;
  return {
    principal: asString(data.principal, "principal"),
    role: asText(data.role) ?? "",
    worlds: Array.isArray(data.worlds) ? data.worlds.filter((world) => typeof world === "string") : "all",
    expiresInMs: expires === undefined
      ? undefined
      : asNumber(expires, "expires_at_ms") - asNumber(data.server_time_ms, "server_time_ms"),
  };
}

function readLimits(value: unknown): Readonly<Record<string, number>> {
  const pairs = Object.entries(isObject(value) ? value : {});
  return Object.fromEntries(pairs.filter((pair): pair is [string, number] => Number.isFinite(pair[1])));
}

function readGranted(value: unknown): readonly Feature[] | undefined {
  return Array.isArray(value) ? FEATURES.filter((feature) => value.includes(feature)) : undefined;
}

function readBounds(value: unknown, name: string): Bounds {
  const bounds = asObject(value, name);
  return { min: readVector(bounds.min, `${name}.min`), max: readVector(bounds.max, `${name}.max`) };
}

/** Vectors come as [x, y, z] or {x, y, z}. */
function readVector(value: unknown, name: string): Vec3 {
  const parts = Array.isArray(value) ? value : ["x", "y", "z"].map((axis) => asObject(value, name)[axis]);
  return [asNumber(parts[0], name), asNumber(parts[1], name), asNumber(parts[2], name)];
}

function asObject(value: unknown, name: string): JsonFields {
  if (!isObject(value)) throw new TypeError(`Server message: ${name} is no object`);
  return value;
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function asString(value: unknown, name: string): string {
  if (typeof value !== "string") throw new TypeError(`Server message: ${name} is no text`);
  return value;
}

function asNumber(value: unknown, name: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new TypeError(`Server message: ${name} is no finite number`);
  }
  return value;
}
