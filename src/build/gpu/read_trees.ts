import type { Tree } from "../../tree/mod.ts";
import type { Capacities } from "./capacities.ts";
import { HEADER_FIRST_MASK, HEADER_FIRST_NODE, HEADER_WORDS } from "./grid_words.ts";
import { outputPlanes, type RegionGroup } from "./region_group.ts";

/**
 * Cuts the trees of a group out of what came back. Every tree has arrays of its own, so that they can be moved to another
 * thread one by one.
 *
 * @param headers words of `headers`, one header a region
 * @param output words of `output`, laid out for `room`
 */
export function readTrees(
  group: RegionGroup,
  room: Capacities,
  headers: Uint32Array,
  output: Uint32Array<ArrayBuffer>,
): Tree[] {
  const planes = outputPlanes(room);
  const bytes = new Uint8Array(output.buffer, output.byteOffset, output.byteLength);
  return group.sizes.map(({ depth }, region) => {
    const header = headers.subarray(HEADER_WORDS * region, HEADER_WORDS * (region + 1));
    const counts = header.slice(0, depth + 1).reverse();
    const nodes = counts.reduce((sum, count) => sum + count, 0);
    const inner = nodes - counts[depth]!;
    const firstMask = 4 * planes.masks + header[HEADER_FIRST_MASK]!;
    const firstMaterial = 4 * planes.materials + header[HEADER_FIRST_NODE]!;
    const firstColor = planes.colors + header[HEADER_FIRST_NODE]!;
    return {
      kind: group.kind,
      depth,
      counts,
      masks: bytes.slice(firstMask, firstMask + inner),
      colors: output.slice(firstColor, firstColor + nodes),
      materials: bytes.slice(firstMaterial, firstMaterial + nodes),
    };
  });
}
