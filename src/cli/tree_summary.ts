import { deflateSync } from "node:zlib";
import { buildTree } from "../build/mod.ts";
import type { Config } from "../config/mod.ts";
import { DEFLATE_LEVEL, encodePayload, FRAME_HEADER_BYTES } from "../protocol/mod.ts";
import { importModel } from "../sources/mod.ts";
import { createGrid } from "../space/mod.ts";
import { type Tree, type TreeKind, treeStatistics } from "../tree/mod.ts";
import { World } from "../world/mod.ts";
import { formatAmount, formatCount } from "./quantities.ts";

/** What a model costs as trees of one kind, all regions together. */
export interface TreeSummary {
  readonly kind: TreeKind;
  readonly regions: number;
  /** Nodes of levels 0 to the depth. */
  readonly nodes: readonly number[];
  /** Voxels of octrees, tetrahedra of tetrees. */
  readonly leaves: number;
  readonly innerNodes: number;
  /** Children of an inner node on the average. */
  readonly meanChildren: number;
  /** Bits of the masks for each leaf. */
  readonly maskBitsPerLeaf: number;
  /** In the server's memory. */
  readonly bytes: number;
  /** Frames of full detail, headers included, as a client receives them. */
  readonly frameBytes: number;
}

/** Imports a model into a world with the settings' bounds, as a server would, and builds its regions as both kinds of tree. */
export async function summariseTrees(bytes: Uint8Array<ArrayBuffer>, config: Config): Promise<TreeSummary[]> {
  const { worldMin, worldMax, regionLevel: level, gridDepth: depth } = config;
  const bounds = { min: [worldMin, worldMin, worldMin], max: [worldMax, worldMax, worldMax] } as const;
  const { patches } = await importModel({ bytes, bounds, level, depth, limits: config.import });
  const grid = createGrid(bounds, level, depth);
  const world = new World({
    id: "inspect",
    grid,
    epoch: 1,
    limits: { ...config.world, maxEntitiesPerRegion: config.maxEntitiesPerRegion },
  });
  for (const cells of patches) world.apply({ kind: "patch", cells });
  return (["esvo", "esvt"] as const).map((kind) => {
    const trees = [...world.regions.keys()].map((key) => buildTree(kind, world.snapshot(key).samples, depth));
    return summarise(kind, trees);
  });
}

function summarise(kind: TreeKind, trees: readonly Tree[]): TreeSummary {
  const nodes: number[] = [];
  const sum = { leaves: 0, innerNodes: 0, bytes: 0, frameBytes: 0 };
  for (const tree of trees) {
    const { leaves, innerNodes, bytes, ...statistics } = treeStatistics(tree);
    statistics.nodes.forEach((count, level) => nodes[level] = (nodes[level] ?? 0) + count);
    sum.leaves += leaves;
    sum.innerNodes += innerNodes;
    sum.bytes += bytes;
    sum.frameBytes += FRAME_HEADER_BYTES + encodePayload(tree, 0, 2, deflate).length;
  }
  const { leaves, innerNodes } = sum;
  return {
    kind,
    regions: trees.length,
    nodes,
    meanChildren: innerNodes === 0 ? 0 : (innerNodes + leaves - trees.length) / innerNodes,
    maskBitsPerLeaf: leaves === 0 ? 0 : 8 * innerNodes / leaves,
    ...sum,
  };
}

function deflate(planes: Uint8Array): Uint8Array {
  return deflateSync(planes, { level: DEFLATE_LEVEL });
}

/** The same for people, two lines a kind. */
export function formatTreeSummary(summary: TreeSummary): string {
  const { kind, regions, leaves, innerNodes, meanChildren, maskBitsPerLeaf, bytes, frameBytes } = summary;
  const [name, leaf] = kind === "esvo" ? ["octrees", "voxel"] : ["tetrees", "tetrahedron"];
  const count = leaf === "voxel" ? formatAmount(leaves, leaf) : `${formatCount(leaves)} tetrahedra`;
  return `  ${name.padEnd(10)} ${formatAmount(regions, "region")}, ${count}, ` +
    `${formatAmount(innerNodes, "inner node")} of ${meanChildren.toFixed(2)} children\n` +
    `             ${maskBitsPerLeaf.toFixed(2)} mask bits a ${leaf}, ${
      formatCount(bytes)
    } bytes in memory, ` +
    `${formatCount(frameBytes)} bytes as frames\n`;
}
