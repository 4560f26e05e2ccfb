import type { TreeKind } from "../tree/mod.ts";
import { MAGICS, readMagic } from "./magic.ts";

/** Bytes of KNOWN and VERIFY in front of the world's name. */
export const KNOWN_HEADER_BYTES = 16;
/** Bytes of one region: key, version, LOD. */
export const KNOWN_ENTRY_BYTES = 9;
/** Regions that share a hash. */
export const KNOWN_GROUP = 64;
/** Bytes of a group's hash. */
export const KNOWN_HASH_BYTES = 8;
/** In place of a LOD in VERIFY: nothing is held of the region, so it is to be sent in full. */
export const LOD_NONE = 255;

/** `KNOWN` goes before REGISTER_CLIENT, `VERIFY` at any time after it. */
export type KnownType = "KNOWN" | "VERIFY";

/** The world that the regions are of, as REGISTERED named it. */
export interface KnownTarget {
  readonly kind: TreeKind;
  /** Region level. */
  readonly level: number;
  readonly world: string;
  readonly epoch: number;
}

/** What a message says that a client holds. */
export interface KnownRegions extends KnownTarget {
  readonly type: KnownType;
  /** Morton codes of the regions, strictly ascending. */
  readonly mortons: Uint32Array;
  /** One a region. */
  readonly versions: Uint32Array;
  /** LOD of the finest level held, one a region; `LOD_NONE` in VERIFY alone. */
  readonly lods: Uint8Array;
  /**
   * lo and hi in turn for each 64 regions: the lane-wise sum modulo 2^32 of the hashes of their nodes; 0, 0 if it was not
   * computed (or if all of them are empty). Regions of which nothing is held add nothing.
   */
  readonly groupHashes: Uint32Array;
}

/** The sort of a client's binary message by its magic; undefined if it is neither. */
export function knownType(bytes: Uint8Array): KnownType | undefined {
  const magic = readMagic(bytes);
  if (magic === MAGICS.known) return "KNOWN";
  return magic === MAGICS.verify ? "VERIFY" : undefined;
}

/** Bytes of a message with this many regions. */
export function knownBytes(worldBytes: number, regions: number): number {
  const hashes = Math.ceil(regions / KNOWN_GROUP) * KNOWN_HASH_BYTES;
  return KNOWN_HEADER_BYTES + worldBytes + regions * KNOWN_ENTRY_BYTES + hashes;
}
