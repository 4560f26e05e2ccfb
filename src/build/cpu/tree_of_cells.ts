import type { Samples, Tree, TreeKind } from "../../tree/mod.ts";
import type { BuildScratch } from "./build_scratch.ts";
import { leafAttributes } from "./leaf_attributes.ts";
import { meanColors } from "./mean_colors.ts";
import { modeMaterials } from "./mode_materials.ts";
import { addUpperLevels, findFinestNodes } from "./tree_masks.ts";

/**
 * Builds a tree from its leaf cells, voxels or tetrahedra, by keys of three bits a level: the two kinds differ in their
 * keys alone. Cells that repeat are merged.
 *
 * @throws RangeError if `depth` is not 1 to 8 or a key is not below 8^depth
 */
export function treeOfCells(kind: TreeKind, cells: Samples, depth: number, scratch: BuildScratch): Tree {
  const finest = findFinestNodes(cells.keys, depth, scratch);
  const shape = addUpperLevels(finest, depth, scratch);
  const inner = shape.masks.length;
  const nodes = inner + shape.counts[depth]!;
  const colors = new Uint32Array(nodes);
  const materials = new Uint8Array(nodes);
  const parentMasks = shape.masks.subarray(inner - finest.parentKeys.length);
  const leaves = { colors: colors.subarray(inner), materials: materials.subarray(inner) };
  leafAttributes(cells, { ...finest, parentMasks }, leaves, scratch);
  meanColors(shape, colors, scratch);
  modeMaterials(shape, materials, scratch);
  return { kind, depth, counts: shape.counts, masks: shape.masks, colors, materials };
}
