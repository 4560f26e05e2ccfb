import { childKeys, hashSamples, mostNodes, sameHash } from "../tree/mod.ts";
import { PLANE_MASKS, planesBytes } from "./frame_payload.ts";
import { checkInflated, checkMasks, readAttributes } from "./frame_planes.ts";
import type { HeldRegion } from "./held_region.ts";
import { deltaBase, type OpenedDelta } from "./opened_delta.ts";
import { failFrame } from "./protocol_error.ts";

/** Nodes with what is known of them, in the order of their keys. */
type Nodes = Pick<HeldRegion, "keys" | "colors" | "materials">;

/**
 * The region after a delta: the leaves held, less those in the bricks named, and the leaves given. The hash of the result
 * is compared with the frame's. Throws ProtocolError for wrong bytes and BaseMissingError if it changes something else.
 * Linear in the leaves.
 */
export function patchRegion(held: HeldRegion | undefined, frame: OpenedDelta, raw: Uint8Array): HeldRegion {
  const base = deltaBase(frame, held);
  checkInflated(frame, raw, frame.planesBytes);
  const { header, hash, brickLevels, bodyOffset } = frame;
  const bricks = readBricks(frame, raw, mostNodes(base.kind, base.levels - 1 - brickLevels));
  const given = readLeaves(frame, raw, bricks, base.kind === "esvt" && base.levels - 1 === brickLevels);
  const leaves = replaceBricks(base, bricks, given, 3 * brickLevels);
  if (leaves.keys.length === 0) failFrame(bodyOffset, "the delta leaves nothing, which an empty frame says");
  if (!sameHash(hashSamples(leaves), hash)) {
    failFrame(bodyOffset, "the region with the delta in it has not the hash that the frame gives");
  }
  return { kind: base.kind, version: header.version, lod: 0, levels: base.levels, ...leaves };
}

function readBricks(frame: OpenedDelta, raw: Uint8Array, most: number): Uint32Array {
  const bricks = new Uint32Array(raw.slice(0, frame.counts[0]! * 4).buffer);
  for (let i = 0; i < bricks.length; i++) {
    const brick = bricks[i]!;
    if (brick >= most) failFrame(frame.bodyOffset, `brick ${brick} is not one of the region's ${most}`);
    if (i > 0 && brick <= bricks[i - 1]!) {
      failFrame(frame.bodyOffset, `brick ${brick} comes after ${bricks[i - 1]}, but keys ascend`);
    }
  }
  return bricks;
}

function readLeaves(frame: OpenedDelta, raw: Uint8Array, bricks: Uint32Array, isTetRoot: boolean): Nodes {
  const { counts, planes, bodyOffset } = frame;
  const start = bricks.length * 4;
  const shapeEnd = start + planesBytes(counts, PLANE_MASKS);
  const masks = raw.subarray(start, shapeEnd);
  checkMasks({ masks, counts, level: 0, isTetRoot, hasChildless: true, offset: bodyOffset });
  let keys = bricks;
  let at = 0;
  for (const count of counts.subarray(1)) {
    const end = at + keys.length;
    keys = childKeys(keys, masks.subarray(at, end), count);
    at = end;
  }
  return { keys, ...readAttributes(raw, shapeEnd, keys.length, planes) };
}

/** Copies whole runs: what is held between two bricks, then what is given of the next one. */
function replaceBricks(held: Nodes, bricks: Uint32Array, given: Nodes, shift: number): Nodes {
  // For each brick where its leaves begin and end among those held.
  const bounds = new Uint32Array(bricks.length * 2);
  let dropped = 0;
  let at = 0;
  for (let i = 0; i < bricks.length; i++) {
    const start = lowerBound(held.keys, bricks[i]! * 2 ** shift, at);
    at = lowerBound(held.keys, (bricks[i]! + 1) * 2 ** shift, start);
    bounds[2 * i] = start;
    bounds[2 * i + 1] = at;
    dropped += at - start;
  }
  const total = held.keys.length - dropped + given.keys.length;
  const leaves = {
    keys: new Uint32Array(total),
    colors: new Uint32Array(total),
    materials: new Uint8Array(total),
  };
  let filled = 0;
  const copy = (from: Nodes, start: number, end: number): void => {
    leaves.keys.set(from.keys.subarray(start, end), filled);
    leaves.colors.set(from.colors.subarray(start, end), filled);
    leaves.materials.set(from.materials.subarray(start, end), filled);
    filled += end - start;
  };
  let kept = 0;
  let next = 0;
  for (let i = 0; i < bricks.length; i++) {
    copy(held, kept, bounds[2 * i]!);
    kept = bounds[2 * i + 1]!;
    const end = lowerBound(given.keys, (bricks[i]! + 1) * 2 ** shift, next);
    copy(given, next, end);
    next = end;
  }
  copy(held, kept, held.keys.length);
  return leaves;
}

/** Index of the first key from `start` on that is not below `least`. */
function lowerBound(keys: Uint32Array, least: number, start: number): number {
  let low = start;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
