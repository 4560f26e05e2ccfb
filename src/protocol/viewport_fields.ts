import { isObject, type JsonFields, ownField } from "./envelope.ts";
import { VoxcastError } from "./voxcast_error.ts";

/** A camera as a message gives it: shape and finiteness are checked, whether it can see is not. */
export interface ViewportFields {
  readonly eye: readonly [number, number, number];
  readonly lookAt: readonly [number, number, number];
  readonly up: readonly [number, number, number];
  /** Vertical field of view in radians. */
  readonly fovY: number;
  readonly aspectRatio: number;
  readonly nearPlane: number;
  readonly farPlane: number;
  /** Height of the client's picture in pixels; absent means that it did not say. */
  readonly heightPx?: number;
}

/**
 * Reads a viewport with the vectors as `{x, y, z}`. Nothing is coerced: a number in a string is refused.
 * Throws VoxcastError INVALID_VIEWPORT that names the field.
 */
export function readViewport(value: unknown, ref: { ref?: string }): ViewportFields {
  if (!isObject(value)) throw invalidViewport("it must be an object", ref);
  const hasHeight = ownField(value, "heightPx") !== undefined;
  return {
    eye: readVector(value, "eye", ref),
    lookAt: readVector(value, "lookAt", ref),
    up: readVector(value, "up", ref),
    fovY: readNumber(value, "fovY", "fovY", ref),
    aspectRatio: readNumber(value, "aspectRatio", "aspectRatio", ref),
    nearPlane: readNumber(value, "nearPlane", "nearPlane", ref),
    farPlane: readNumber(value, "farPlane", "farPlane", ref),
    ...(hasHeight ? { heightPx: readNumber(value, "heightPx", "heightPx", ref) } : {}),
  };
}

/** The error for a viewport that cannot be used, in the wording that clients know. */
export function invalidViewport(cause: string, options: { ref?: string } = {}): VoxcastError {
  return new VoxcastError("INVALID_VIEWPORT", `Invalid viewport: ${cause}`, options);
}

function readVector(
  fields: JsonFields,
  name: string,
  ref: { ref?: string },
): readonly [number, number, number] {
  const value = ownField(fields, name);
  if (value === undefined) throw invalidViewport(`missing '${name}'`, ref);
  if (!isObject(value)) throw invalidViewport(`'${name}' must be an object with x, y and z`, ref);
  return [
    readNumber(value, "x", `${name}.x`, ref),
    readNumber(value, "y", `${name}.y`, ref),
    readNumber(value, "z", `${name}.z`, ref),
  ];
}

function readNumber(fields: JsonFields, name: string, path: string, ref: { ref?: string }): number {
  const value = ownField(fields, name);
  if (value === undefined) throw invalidViewport(`missing '${path}'`, ref);
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw invalidViewport(`'${path}' must be a finite number`, ref);
  }
  return value;
}
