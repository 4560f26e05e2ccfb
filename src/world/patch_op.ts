import { mortonX, mortonY, mortonZ, regionOrigin } from "../space/mod.ts";
import type { ContentHash } from "../tree/mod.ts";
import type { Op, PatchOp, VoxelCells } from "./op.ts";
import { groupPatch } from "./patch_groups.ts";
import { type PreparedOp, regionOf, type WorldState } from "./prepared_op.ts";
import type { Region } from "./region.ts";
import { type EditCounts, planEdits } from "./plan_edits.ts";
import { createEdits, INSERT, NONE, type StoreEdits } from "./store_edits.ts";

/** The writes of a patch to one region. */
interface RegionPatch {
  readonly region: Region;
  readonly start: number;
  readonly end: number;
  readonly counts: EditCounts;
  /** Of the region's content afterwards. */
  readonly hash: ContentHash;
}

/**
 * Works out a voxel patch. O(cells), and the merge when it is committed.
 * @throws {VoxcastError} as {@link groupPatch}
 */
export function preparePatch(state: WorldState, op: PatchOp): PreparedOp {
  const groups = groupPatch(state.grid, op.cells, state.limits, state.workspace);
  const edits = createEdits(groups, op.cells);
  const patches: RegionPatch[] = [];
  let changed = 0;
  let voxels = 0;
  let voxelBytes = 0;
  for (let g = 0; g < groups.regions.length; g++) {
    const region = regionOf(state, groups.regions[g]!);
    const start = groups.starts[g]!;
    const end = groups.ends[g]!;
    const hash = { ...region.hash };
    const counts = planEdits(edits, start, end, region.store, region.overlay, hash);
    const writes = counts.inserted + counts.removed + counts.recolored;
    if (writes === 0) continue;
    patches.push({ region, start, end, counts, hash });
    changed += writes;
    voxels += counts.inserted - counts.removed;
    voxelBytes += region.store.bytesFor(countAfter(region, counts)) - region.store.bytes;
  }
  return {
    changed,
    errors: [],
    visible: patches.filter((patch) => patch.counts.visible > 0).map((patch) => patch.region),
    voxels,
    voxelBytes,
    entityBytes: 0,
    inverse: () => [invert(state, edits, patches, changed)],
    commit: () => commitPatches(edits, patches),
  };
}

function commitPatches(edits: StoreEdits, patches: readonly RegionPatch[]): void {
  for (const { region, start, end, counts, hash } of patches) {
    region.store.commit(edits, start, end, countAfter(region, counts));
    region.hash = hash;
  }
}

function countAfter(region: Region, counts: EditCounts): number {
  return region.store.count + counts.inserted - counts.removed;
}

function invert(state: WorldState, edits: StoreEdits, patches: readonly RegionPatch[], changed: number): Op {
  const cells: Required<VoxelCells> = {
    positions: new Uint32Array(3 * changed),
    colors: new Uint32Array(changed),
    materials: new Uint8Array(changed),
  };
  let write = 0;
  for (const { region, start, end } of patches) {
    const [x, y, z] = regionOrigin(state.grid, region.key);
    const store = region.store;
    for (let i = start; i < end; i++) {
      const action = edits.actions[i]!;
      if (action === NONE) continue;
      const key = edits.keys[i]!;
      cells.positions[3 * write] = x + mortonX(key);
      cells.positions[3 * write + 1] = y + mortonY(key);
      cells.positions[3 * write + 2] = z + mortonZ(key);
      if (action !== INSERT) {
        const place = edits.places[i]!;
        cells.colors[write] = store.colors[place]!;
        cells.materials[write] = store.materials[place]!;
      }
      write++;
    }
  }
  return { kind: "patch", cells };
}
