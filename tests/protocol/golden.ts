import {
  type FrameFields,
  type KnownRegion,
  type KnownTarget,
  type KnownType,
  parseColor,
} from "../../src/protocol/mod.ts";
import type { Voxel } from "./small_tree.ts";
import text from "../golden/frames.json" with { type: "text" };

type Node = readonly [key: number, color: string, material: number];

/** One frozen frame: what was encoded, the bytes, and what they decode to. */
export interface Golden {
  readonly name: string;
  readonly fields: FrameFields;
  readonly depth: number;
  readonly voxels: readonly Node[];
  readonly nodes: readonly Node[];
  readonly hex: string;
}

/** One frozen refinement or delta over what a reader holds. */
export interface GoldenContinuation extends Golden {
  readonly sort: "refinement" | "delta";
  /** A full frame of what is held before. */
  readonly baseHex: string;
  /** The leaves of the version held before. */
  readonly base: readonly Node[];
  /** Of a refinement. */
  readonly baseLod?: number;
  /** Of a delta. */
  readonly baseVersion?: number;
  readonly bricks?: readonly number[];
}

/** Frames that were frozen in one message. */
export interface GoldenBundle {
  readonly name: string;
  readonly frames: readonly string[];
  readonly hex: string;
}

/** A frozen message in parts. */
export interface GoldenParts {
  readonly name: string;
  readonly messageId: number;
  readonly maxBytes: number;
  readonly message: string;
  readonly parts: readonly string[];
}

/** A frozen KNOWN or VERIFY. */
export interface GoldenKnown {
  readonly name: string;
  readonly type: KnownType;
  readonly target: KnownTarget;
  readonly regions: readonly KnownRegion[];
  readonly hex: string;
}

const golden = JSON.parse(text);
export const GOLDEN: readonly Golden[] = golden.frames;
export const GOLDEN_CONTINUED: readonly GoldenContinuation[] = golden.continued;
export const GOLDEN_BUNDLES: readonly GoldenBundle[] = golden.bundles;
export const GOLDEN_PARTS: readonly GoldenParts[] = golden.parts;
export const GOLDEN_KNOWN: readonly GoldenKnown[] = golden.known;

/** The frame's bytes, at an odd offset of their buffer, as a slice of a larger message would be. */
export function goldenBytes({ hex }: { readonly hex: string }): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.fromHex(hex);
  const shifted = new Uint8Array(bytes.length + 1).subarray(1);
  shifted.set(bytes);
  return shifted;
}

export function voxelsOf(nodes: readonly Node[]): Voxel[] {
  return nodes.map(([key, color, material]) => [key, parseColor(color)!, material]);
}
