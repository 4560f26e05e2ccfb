import { brickLevelsOf, type TreeKind } from "../tree/mod.ts";

/** What a reader holds of one region: the nodes of the finest level that it has. A value; nothing changes it. */
export interface HeldRegion {
  readonly kind: TreeKind;
  readonly version: number;
  /** Levels that the nodes lie above the leaves. */
  readonly lod: number;
  /** Node levels from the root to these nodes, both included, so that `lod + levels - 1` is the depth; 0 if empty. */
  readonly levels: number;
  /** Keys, ascending, three bits a level. */
  readonly keys: Uint32Array;
  /** RGBA8 packed `r | g<<8 | b<<16 | a<<24`, one a node. */
  readonly colors: Uint32Array;
  readonly materials: Uint8Array;
}

/** Levels from the nodes of a brick to the leaves, of a region held at LOD 0. */
export function heldBrickLevels({ levels }: HeldRegion): number {
  return brickLevelsOf(levels - 1);
}

/** The region in words, for errors. */
export function describeHeld(held: HeldRegion | undefined): string {
  if (held === undefined) return "nothing is held";
  const { kind, version, lod, levels } = held;
  return `version ${version} of kind ${kind} is held ${levels === 0 ? "as empty" : `at LOD ${lod}`}`;
}
