import type { Samples, Tree } from "../../tree/mod.ts";
import { buildMasks, type EsvoMasks } from "./esvo_masks.ts";
import { EsvoScratch } from "./esvo_scratch.ts";
import { type AttributePlanes, leafAttributes } from "./leaf_attributes.ts";
import { meanColors } from "./mean_colors.ts";
import { modeMaterials } from "./mode_materials.ts";

/**
 * Builds the octree of one region: masks and counts, then colours and materials at every level. Integer and independent of
 * order throughout: permuting or repeating whole sets of samples changes no byte. Samples of alpha 0 are no voxels.
 *
 * @param scratch working memory to reuse; by default a fresh one
 * @throws RangeError if `depth` is not 1 to 8, a key is not below 8^depth, or the samples' arrays differ in length
 */
export function buildEsvo(samples: Samples, depth: number, scratch: EsvoScratch = new EsvoScratch()): Tree {
  const { keys, colors, materials } = samples;
  if (colors.length !== keys.length || materials.length !== keys.length) {
    throw new RangeError(
      `Samples need as many colours and materials as keys: ${keys.length} keys, ${colors.length} colours, ` +
        `${materials.length} materials`,
    );
  }
  const visible = withoutTransparent(samples);
  const shape = buildMasks(visible.keys, depth, scratch);
  const attributes = buildAttributes(visible, shape, scratch);
  return { kind: "esvo", depth, counts: shape.counts, masks: shape.masks, ...attributes };
}

/**
 * Colours and materials of every node, from the samples that the masks were built from and the scratch as `buildMasks`
 * left it.
 */
export function buildAttributes(samples: Samples, shape: EsvoMasks, scratch: EsvoScratch): AttributePlanes {
  const inner = shape.masks.length;
  const nodes = inner + shape.counts[shape.depth]!;
  const planes = { colors: new Uint32Array(nodes), materials: new Uint8Array(nodes) };
  const leaves = { colors: planes.colors.subarray(inner), materials: planes.materials.subarray(inner) };
  leafAttributes(samples, shape, leaves, scratch);
  meanColors(shape, planes.colors, scratch);
  modeMaterials(shape, planes.materials, scratch);
  return planes;
}

/** The samples themselves if all are visible, as from a store, which holds no others. */
function withoutTransparent(samples: Samples): Samples {
  const { keys, colors, materials } = samples;
  if (isAllVisible(colors)) return samples;
  return {
    keys: keys.filter((_, i) => isVisible(colors[i]!)),
    colors: colors.filter(isVisible),
    materials: materials.filter((_, i) => isVisible(colors[i]!)),
  };
}

/** A loop, as `every` costs ten times as much on the path that all builds take. */
function isAllVisible(colors: Uint32Array): boolean {
  for (let i = 0; i < colors.length; i++) {
    if (!isVisible(colors[i]!)) return false;
  }
  return true;
}

function isVisible(color: number): boolean {
  return color >>> 24 !== 0;
}
