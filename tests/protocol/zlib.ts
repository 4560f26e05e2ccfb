import { deflateSync, inflateSync } from "node:zlib";

export function deflate(planes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(deflateSync(planes));
}

/** A strict inflater: no more than the exact size, ever. */
export function inflate(deflated: Uint8Array, exactBytes: number): Uint8Array {
  return new Uint8Array(inflateSync(deflated, { maxOutputLength: Math.max(exactBytes, 1) }));
}
