import { ENTITY_OVERHEAD_BYTES } from "./limits.ts";
import type { Placed } from "./entity_cells.ts";
import type { Entity } from "./op.ts";

/** The entities of a world by id. */
export class Entities {
  readonly #byId = new Map<string, Placed>();
  #nextHandle = 1;
  #bytes = 0;

  get count(): number {
    return this.#byId.size;
  }

  /** The handle that the next new entity gets. Never goes back. */
  get nextHandle(): number {
    return this.#nextHandle;
  }

  /** An estimate of the memory they take, cells not counted. */
  get bytes(): number {
    return this.#bytes;
  }

  get(id: string): Placed | undefined {
    return this.#byId.get(id);
  }

  /** All, in the order in which their ids came. */
  values(): Iterable<Placed> {
    return this.#byId.values();
  }

  /** Makes staged states the true ones; undefined removes. */
  commit(states: ReadonlyMap<string, Placed | undefined>, nextHandle: number): void {
    for (const [id, next] of states) {
      const before = this.#byId.get(id);
      if (before !== undefined) this.#bytes -= entityBytes(before.entity);
      if (next === undefined) {
        this.#byId.delete(id);
      } else {
        this.#byId.set(id, next);
        this.#bytes += entityBytes(next.entity);
      }
    }
    this.#nextHandle = nextHandle;
  }

  clear(): void {
    this.#byId.clear();
    this.#bytes = 0;
  }
}

/** What an entity is reckoned to take. */
export function entityBytes(entity: Entity): number {
  return ENTITY_OVERHEAD_BYTES + 2 * (entity.id.length + entity.type.length + entity.source.length);
}
