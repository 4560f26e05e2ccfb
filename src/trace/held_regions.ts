import { regionMorton } from "../space/mod.ts";
import { sceneBytes } from "./scene_bytes.ts";
import type { TracedRegion, TracedWorld } from "./traced_world.ts";
import { TraceError } from "./trace_error.ts";
import type { PlacedRegion } from "./worker_messages.ts";

/** What a Worker must be told before it can trace a world. */
export interface RegionOrder {
  readonly drop: readonly number[];
  readonly add: readonly { readonly id: number; readonly region: TracedRegion }[];
  /** All regions of the world. */
  readonly use: readonly PlacedRegion[];
}

interface HeldRegion {
  readonly id: number;
  readonly bytes: number;
}

/**
 * What a Worker holds, as this side has told it to: what it lacks is sent, and what has not been used for longest goes once
 * there is more than fits.
 */
export class HeldRegions {
  readonly #maxBytes: number;
  /** By name, the one used last at the end. */
  readonly #held = new Map<string, HeldRegion>();
  #bytes = 0;
  #nextId = 0;

  /** @param maxBytes as `sceneBytes` counts them */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Says what to send for a world, and takes it as held from now on.
   *
   * @throws TraceError `too-large` if the world alone is more than fits: nothing changes then
   */
  order(world: TracedWorld): RegionOrder {
    const own = world.regions.reduce((sum, { tree }) => sum + sceneBytes(tree), 0);
    if (own > this.#maxBytes) {
      throw new TraceError(
        "too-large",
        `The regions take ${own} bytes, ${this.#maxBytes} are allowed (trace.maxSceneBytes): ` +
          "a coarser level of detail takes about a quarter",
      );
    }
    const add: { id: number; region: TracedRegion }[] = [];
    const use = world.regions.map((region) => {
      const name = nameOf(world, region);
      let held = this.#held.get(name);
      if (held === undefined) {
        held = { id: this.#nextId++, bytes: sceneBytes(region.tree) };
        this.#bytes += held.bytes;
        add.push({ id: held.id, region });
      }
      this.#held.delete(name);
      this.#held.set(name, held);
      return { id: held.id, morton: regionMorton(region.key) };
    });
    return { drop: this.#dropOldest(), add, use };
  }

  /** Those of the world that was just ordered are the newest, and fit. */
  #dropOldest(): number[] {
    const drop: number[] = [];
    for (const [name, { id, bytes }] of this.#held) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#held.delete(name);
      this.#bytes -= bytes;
      drop.push(id);
    }
    return drop;
  }
}

/** The same name is the same content. */
function nameOf({ id, kind }: TracedWorld, { key, version, lod }: TracedRegion): string {
  return `${kind}/${key}/${version}/${lod}/${id}`;
}

/** The same for a whole world. */
export function sceneName(world: TracedWorld): string {
  return [world.grid.level, ...world.regions.map((region) => nameOf(world, region))].join("\n");
}
