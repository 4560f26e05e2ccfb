import { createScene, type PackedTree, packTree, type Scene } from "../tree/mod.ts";
import type { TraceRequest } from "./worker_messages.ts";

/** The regions that a Worker holds, by number; which ones is for the other side to say. */
export class RegionStore {
  readonly #trees = new Map<number, PackedTree>();

  /** Forgets some and takes others. */
  change({ drop, add }: Extract<TraceRequest, { readonly type: "regions" }>): void {
    for (const id of drop) this.#trees.delete(id);
    for (const { id, tree } of add) this.#trees.set(id, packTree(tree));
  }

  /** @throws RangeError if a region is not held or the regions make no scene */
  scene({ kind, level, regions }: Extract<TraceRequest, { readonly type: "scene" }>): Scene {
    return createScene(
      kind,
      level,
      regions.map(({ id, morton }) => {
        const tree = this.#trees.get(id);
        if (tree === undefined) throw new RangeError(`Region ${id} is not held`);
        return { morton, tree };
      }),
    );
  }
}
