import { popcount8 } from "../tree/mod.ts";
import { adler32 } from "./adler32.ts";
import type { FrameHeader } from "./frame_header.ts";
import { PLANE_COLORS, PLANE_MASKS, PLANE_MATERIALS } from "./frame_payload.ts";
import { failFrame, ProtocolError } from "./protocol_error.ts";

/** DEFLATE cannot expand by more than this, so planes that claim more are refused before memory is taken. */
const MAX_DEFLATE_RATIO = 1032;

/** A frame whose clear part is read and checked, and whose planes are still as they came. */
export interface OpenedBody {
  readonly header: FrameHeader;
  /** Plane bits of the payload. */
  readonly planes: number;
  readonly body: Uint8Array;
  readonly bodyOffset: number;
}

/** Refuses plane bits that no frame has. */
export function checkPlaneBits(planes: number, offset: number): void {
  if ((planes & ~PLANE_MATERIALS) !== (PLANE_MASKS | PLANE_COLORS)) {
    failFrame(offset, `plane bits ${planes} are neither 3 nor 7`);
  }
}

/** Refuses a body that cannot hold planes of `size` bytes, before any memory is taken for them. */
export function checkBodyBytes({ header, body, bodyOffset }: OpenedBody, size: number): void {
  if (header.codec !== 2 && body.length !== size) {
    failFrame(bodyOffset, `the planes need ${size} bytes, ${body.length} are there`);
  }
  if (header.codec === 2 && size > body.length * MAX_DEFLATE_RATIO) {
    failFrame(bodyOffset, `${body.length} deflated bytes cannot hold planes of ${size} bytes`);
  }
}

/**
 * The planes of a body. `inflate` gets a zlib stream and the exact size of what it holds; it must throw rather than
 * produce more. Throws ProtocolError if it throws.
 */
export function inflatePlanes(
  frame: OpenedBody,
  size: number,
  inflate: (deflated: Uint8Array, exactBytes: number) => Uint8Array,
): Uint8Array {
  if (!isDeflated(frame)) return frame.body;
  try {
    return inflate(frame.body, size);
  } catch (cause) {
    throw cannotInflate(frame, size, cause);
  }
}

/** Whether the planes are still to be inflated. */
export function isDeflated({ header, body }: OpenedBody): boolean {
  return header.codec === 2 && body.length > 0;
}

/** The error for a body whose inflation failed. */
export function cannotInflate({ bodyOffset }: OpenedBody, size: number, cause: unknown): ProtocolError {
  return new ProtocolError("frame", bodyOffset, `the planes do not inflate to ${size} bytes`, { cause });
}

/** Refuses planes of another size, or with another checksum than the zlib stream ends with. */
export function checkInflated({ header, body, bodyOffset }: OpenedBody, raw: Uint8Array, size: number): void {
  if (raw.length !== size) failFrame(bodyOffset, `the planes need ${size} bytes, ${raw.length} came out`);
  // The checksum must be the last thing in the message, so bytes after the stream are found whatever the inflater does.
  if (header.codec === 2 && adler32(raw) !== lastWord(body)) {
    failFrame(bodyOffset, "the message does not end with the checksum of its planes");
  }
}

/** Which masks are checked against which counts. */
export interface MaskRule {
  /** Masks of all rows but the last, one after another. */
  readonly masks: Uint8Array;
  /** Nodes of each row. */
  readonly counts: ArrayLike<number>;
  /** Node level of the first row, for what is said of it. */
  readonly level: number;
  /** The first row is a tetree's region, which has children 0 to 5 alone. */
  readonly isTetRoot: boolean;
  /** Nodes of the first row may be without children. */
  readonly hasChildless?: boolean;
  readonly offset: number;
}

/** Refuses masks that do not add up to the counts. Linear in the masks. */
export function checkMasks({ masks, counts, level, isTetRoot, hasChildless, offset }: MaskRule): void {
  if (isTetRoot && masks.length > 0 && masks[0]! >> 6 !== 0) {
    failFrame(offset, `the region's mask is ${masks[0]}, but a tetree's has only bits 0 to 5`);
  }
  let index = 0;
  for (let row = 0; row + 1 < counts.length; row++) {
    const end = index + counts[row]!;
    let children = 0;
    for (; index < end; index++) {
      const mask = masks[index]!;
      if (mask === 0 && !(row === 0 && hasChildless === true)) {
        failFrame(offset, `mask ${index} of the planes is 0, but every node has a child`);
      }
      children += popcount8(mask);
    }
    if (children !== counts[row + 1]) {
      failFrame(
        offset,
        `the masks of level ${level + row} name ${children} children, ${counts[row + 1]} are counted`,
      );
    }
  }
}

/** Copies of the colours and materials that stand from `start` to the end of the planes. */
export function readAttributes(
  raw: Uint8Array,
  start: number,
  nodes: number,
  planes: number,
): { readonly colors: Uint32Array; readonly materials: Uint8Array } {
  const colorsEnd = start + nodes * 4;
  return {
    colors: new Uint32Array(raw.slice(start, colorsEnd).buffer),
    materials: planes & PLANE_MATERIALS ? raw.slice(colorsEnd) : new Uint8Array(nodes),
  };
}

function lastWord(bytes: Uint8Array): number {
  if (bytes.length < 4) return -1;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(bytes.length - 4);
}
