import type { Tree } from "../tree/mod.ts";

/** Bytes of a node: a word and a colour of an inner one, a colour of a leaf, a material of either. */
const NODE_BYTES = 5;
const WORD_BYTES = 4;
/** A Worker has the region itself and, beside it, the scenes of its newest picture and of its newest pick. */
const COPIES = 3;

/** Bytes that a region takes in a Worker, as `trace.maxSceneBytes` counts them. */
export function sceneBytes({ masks, colors }: Pick<Tree, "masks" | "colors">): number {
  return COPIES * (WORD_BYTES * masks.length + NODE_BYTES * colors.length);
}
