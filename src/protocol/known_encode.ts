import { addHash, type ContentHash, emptyHash } from "../tree/mod.ts";
import { formatOfKind } from "./frame_header.ts";
import {
  KNOWN_ENTRY_BYTES,
  KNOWN_GROUP,
  KNOWN_HASH_BYTES,
  KNOWN_HEADER_BYTES,
  knownBytes,
  type KnownTarget,
  type KnownType,
  LOD_NONE,
} from "./known_regions.ts";
import { MAGICS } from "./magic.ts";

/** One region that a client holds. */
export interface KnownRegion {
  /** Morton code of the region. */
  readonly morton: number;
  readonly version: number;
  /** LOD of the finest level held, or `LOD_NONE`. */
  readonly lod: number;
  /** `hashSamples` of the nodes held; 0, 0 for an empty region. Absent where some are held: its group is not checked. */
  readonly hash?: ContentHash;
}

/**
 * KNOWN or VERIFY for these regions, in any order, as many messages as are needed: `{u32 magic, u8 format, u8 region level,
 * u16 worldBytes, u32 epoch, u32 count}`, the world's name in UTF-8, and for each 64 regions their entries `{u32 morton,
 * u32 version, u8 lod}` and the sum of their hashes `{u32 lo, u32 hi}`. No region makes no message.
 *
 * @param maxBytes longest message that the server takes (`limits.max_message_bytes`)
 * @throws {RangeError} if that does not hold a single region, or a region is there twice
 */
export function encodeKnown(
  type: KnownType,
  target: KnownTarget,
  regions: readonly KnownRegion[],
  maxBytes: number,
): Uint8Array<ArrayBuffer>[] {
  const world = new TextEncoder().encode(target.world);
  const most = regionsIn(maxBytes, world.length);
  const sorted = [...regions].sort((a, b) => a.morton - b.morton);
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i]!.morton === sorted[i - 1]!.morton) {
      throw new RangeError(`Region ${sorted[i]!.morton} is given twice`);
    }
  }
  const messages: Uint8Array<ArrayBuffer>[] = [];
  for (let start = 0; start < sorted.length; start += most) {
    messages.push(encodeOne(type, target, world, sorted.slice(start, start + most)));
  }
  return messages;
}

/** Most regions of a message of `maxBytes`. */
function regionsIn(maxBytes: number, worldBytes: number): number {
  const room = maxBytes - KNOWN_HEADER_BYTES - worldBytes;
  const groupBytes = KNOWN_GROUP * KNOWN_ENTRY_BYTES + KNOWN_HASH_BYTES;
  const groups = Math.floor(room / groupBytes);
  const rest = Math.floor((room - groups * groupBytes - KNOWN_HASH_BYTES) / KNOWN_ENTRY_BYTES);
  const most = groups * KNOWN_GROUP + Math.max(rest, 0);
  if (!(most >= 1)) throw new RangeError(`A message of ${maxBytes} bytes holds no region`);
  return most;
}

function encodeOne(
  type: KnownType,
  { kind, level, epoch }: KnownTarget,
  world: Uint8Array,
  regions: readonly KnownRegion[],
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(knownBytes(world.length, regions.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type === "KNOWN" ? MAGICS.known : MAGICS.verify, true);
  view.setUint8(4, formatOfKind(kind));
  view.setUint8(5, level);
  view.setUint16(6, world.length, true);
  view.setUint32(8, epoch, true);
  view.setUint32(12, regions.length, true);
  bytes.set(world, KNOWN_HEADER_BYTES);
  let at = KNOWN_HEADER_BYTES + world.length;
  for (let start = 0; start < regions.length; start += KNOWN_GROUP) {
    const group = regions.slice(start, start + KNOWN_GROUP);
    for (const { morton, version, lod } of group) {
      view.setUint32(at, morton, true);
      view.setUint32(at + 4, version, true);
      view.setUint8(at + 8, lod);
      at += KNOWN_ENTRY_BYTES;
    }
    const { lo, hi } = groupHash(group);
    view.setUint32(at, lo, true);
    view.setUint32(at + 4, hi, true);
    at += KNOWN_HASH_BYTES;
  }
  return bytes;
}

function groupHash(group: readonly KnownRegion[]): ContentHash {
  const sum = emptyHash();
  for (const { hash, lod } of group) {
    if (lod === LOD_NONE) continue;
    if (hash === undefined) return emptyHash();
    addHash(sum, hash);
  }
  return sum;
}
