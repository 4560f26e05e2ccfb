import type { Bounds, Vec3 } from "../space/mod.ts";

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
}

/** An error that the server reports. `code` is a name of the error catalogue. */
export interface ServerError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
}

/** A text message of the server, as far as the viewer understands it. */
export type ServerMessage =
  | { readonly type: "REGISTERED"; readonly registration: Registration }
  | { readonly type: "ERROR"; readonly error: ServerError }
  | { readonly type: "OTHER"; readonly name: string };

/**
 * Reads a text message of the server.
 * @throws {TypeError} if it is no object with a type, or a REGISTERED lacks what the viewer cannot do without
 * @throws {SyntaxError} if it is not JSON
 */
export function parseServerMessage(text: string): ServerMessage {
  const message = asObject(JSON.parse(text), "message");
  const data = typeof message.data === "object" && message.data !== null
    ? asObject(message.data, "data")
    : message;
  if (message.type === "REGISTERED") return { type: "REGISTERED", registration: readRegistration(data) };
  if (message.type === "ERROR") return { type: "ERROR", error: readError(message, data) };
  if (typeof message.type !== "string") throw new TypeError("Server message has no type");
  return { type: "OTHER", name: message.type };
}

function readRegistration(data: Record<string, unknown>): Registration {
  const content = data.content_bounds;
  return {
    world: asString(data.world, "world"),
    epoch: asNumber(data.epoch, "epoch"),
    session: typeof data.session === "string" ? data.session : "",
    bounds: readBounds(data.bounds, "bounds"),
    level: asNumber(data.level, "level"),
    depth: asNumber(data.depth, "depth"),
    lodThresholds: Array.isArray(data.lod_thresholds) ? data.lod_thresholds.filter(Number.isFinite) : [],
    contentBounds: content === null || content === undefined
      ? undefined
      : readBounds(content, "content_bounds"),
  };
}

function readError(message: Record<string, unknown>, data: Record<string, unknown>): ServerError {
  return {
    code: typeof data.code === "string" ? data.code : "INTERNAL",
    message: typeof message.message === "string" ? message.message : String(data.message ?? "Unknown error"),
    retryable: data.retryable === true,
    retryAfterMs: typeof data.retry_after_ms === "number" ? data.retry_after_ms : undefined,
  };
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

function asObject(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`Server message: ${name} is no object`);
  }
  return value as Record<string, unknown>;
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
