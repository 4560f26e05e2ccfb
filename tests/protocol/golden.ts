import { type FrameFields, parseColor } from "../../src/protocol/mod.ts";
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

export const GOLDEN: readonly Golden[] = JSON.parse(text).frames;

/** The frame's bytes, at an odd offset of their buffer, as a slice of a larger message would be. */
export function goldenBytes(golden: Golden): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.fromHex(golden.hex);
  const shifted = new Uint8Array(bytes.length + 1).subarray(1);
  shifted.set(bytes);
  return shifted;
}

export function voxelsOf(nodes: readonly Node[]): Voxel[] {
  return nodes.map(([key, color, material]) => [key, parseColor(color)!, material]);
}
