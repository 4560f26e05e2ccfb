import type { RegionKey } from "../space/mod.ts";
import type { ContentHash } from "../tree/mod.ts";
import { type ItemError, VoxcastError } from "../protocol/mod.ts";
import { entityBytes } from "./entities.ts";
import type { Placed } from "./entity_cells.ts";
import { EntityDraft } from "./entity_draft.ts";
import type { Fault } from "./entity_fields.ts";
import type { EntitiesOp, Op } from "./op.ts";
import { changeOverlay, type Overlay, OVERLAY_CELL_BYTES, paintOverlay } from "./overlay.ts";
import { type PreparedOp, regionOf, type WorldState } from "./prepared_op.ts";
import type { Region } from "./region.ts";

type Changes = ReadonlyMap<string, Placed | undefined>;

/** What becomes of one region that changed entities overlap or overlapped. */
interface Cover {
  readonly region: Region;
  readonly overlay: Overlay;
  readonly hash: ContentHash;
  /** Cells that would look different. */
  readonly visible: number;
}

/**
 * Works out a change of entities. O(items + cells covered in the regions that they touch).
 * @throws {VoxcastError} with all the items' errors, if the op is atomic or restores and an item is bad
 */
export function prepareEntities(state: WorldState, op: EntitiesOp): PreparedOp {
  const draft = new EntityDraft(state);
  const errors = runItems(draft, state, op);
  const first = errors[0];
  if (first !== undefined && (op.atomic === true || op.restore !== undefined)) {
    const rest = errors.length > 1 ? `, and ${errors.length - 1} more` : "";
    throw new VoxcastError(first.code, `${first.message} (${first.path})${rest}`, { details: errors });
  }
  const changes = draft.changes();
  const covers: Cover[] = [];
  for (const [key, entrants] of entrantsByRegion(state, changes)) {
    covers.push(planCover(state, regionOf(state, key), changes, entrants));
  }
  return {
    changed: changes.size,
    errors,
    visible: covers.filter((cover) => cover.visible > 0).map((cover) => cover.region),
    voxels: 0,
    voxelBytes: covers.reduce(
      (sum, { region, overlay }) => sum + OVERLAY_CELL_BYTES * (overlay.count - region.overlay.count),
      0,
    ),
    entityBytes: addedBytes(state, changes),
    inverse: () => [invert(state, op.source, changes)],
    commit: () => {
      state.entities.commit(changes, draft.nextHandle);
      for (const { region, overlay, hash } of covers) {
        region.overlay = overlay;
        region.hash = hash;
      }
    },
  };
}

function runItems(draft: EntityDraft, state: WorldState, op: EntitiesOp): ItemError[] {
  const errors: ItemError[] = [];
  function run<T>(list: string, items: readonly T[] | undefined, item: (item: T) => Fault | undefined): void {
    items?.forEach((value, index) => {
      const fault = item(value);
      if (fault === undefined) return;
      const path = [list, index, ...(fault.field === undefined ? [] : [fault.field])].join(".");
      errors.push({ index, path, code: fault.code, message: fault.message });
    });
  }
  run("remove", op.remove, (id) => draft.remove(id));
  if (op.restore !== undefined) {
    for (const entity of op.restore) draft.takeOut(entity.id);
    const taken = new Set<number>();
    for (const { entity } of state.entities.values()) {
      if (draft.get(entity.id) !== undefined) taken.add(entity.handle);
    }
    run("restore", op.restore, (entity) => {
      const fault = draft.restore(entity, taken);
      taken.add(entity.handle);
      return fault;
    });
  }
  run("put", op.put, (fields) => draft.put(fields, op.source));
  run("patch", op.patch, (patch) => draft.patch(patch, op.source));
  return errors;
}

/** For each region that changed entities overlap or overlapped, those that overlap it afterwards. */
function entrantsByRegion(state: WorldState, changes: Changes): Map<RegionKey, Placed[]> {
  const entrants = new Map<RegionKey, Placed[]>();
  function entrantsOf(key: RegionKey): Placed[] {
    let list = entrants.get(key);
    if (list === undefined) entrants.set(key, list = []);
    return list;
  }
  for (const [id, next] of changes) {
    state.entities.get(id)?.regions.forEach(entrantsOf);
    next?.regions.forEach((key) => entrantsOf(key).push(next));
  }
  return entrants;
}

function planCover(state: WorldState, region: Region, changes: Changes, entrants: readonly Placed[]): Cover {
  const { grid, workspace } = state;
  const stay = region.overlay.members.filter((member) => !changes.has(member.entity.id));
  const members = stay.concat(entrants).sort((a, b) => a.entity.handle - b.entity.handle);
  const overlay = paintOverlay(grid, region.key, members, workspace.raster(grid.depth));
  const hash = { ...region.hash };
  return { region, overlay, hash, visible: changeOverlay(region.store, region.overlay, overlay, hash) };
}

function addedBytes(state: WorldState, changes: Changes): number {
  let bytes = 0;
  for (const [id, next] of changes) {
    const before = state.entities.get(id);
    if (before !== undefined) bytes -= entityBytes(before.entity);
    if (next !== undefined) bytes += entityBytes(next.entity);
  }
  return bytes;
}

function invert(state: WorldState, source: string, changes: Changes): Op {
  const remove: string[] = [];
  const restore = [];
  for (const id of changes.keys()) {
    const before = state.entities.get(id);
    if (before === undefined) remove.push(id);
    else restore.push(before.entity);
  }
  return { kind: "entities", source, remove, restore };
}
