import type { Recorder, Stage } from "../../gpu/mod.ts";
import type { Capacities } from "./capacities.ts";
import { ARGS_WORDS, COUNTER_WORDS, HEADER_WORDS, SPAN_WORDS, TREE_LAYOUT_WORDS } from "./grid_words.ts";
import { recordScan } from "./record_scan.ts";
import { outputPlanes, type RegionGroup } from "./region_group.ts";

/** What is built: the voxels of the regions, or the tetrahedra that they overlap. Each has the same buffers. */
export type Part = "voxel" | "tet";

/** Workgroups of a dispatch, or where the device finds them. */
export type Workgroups = number | { readonly args: string; readonly word: number };

/** Writes down the buffers and dispatches of one group, each buffer under the name of its group and part. */
export class PartRecorder {
  readonly recorder: Recorder;
  readonly group: RegionGroup;
  /** Buffers that lie in the place of others, by their own name. */
  readonly #places = new Map<string, string>();

  constructor(recorder: Recorder, group: RegionGroup) {
    this.recorder = recorder;
    this.group = group;
  }

  /** Name of a buffer of the voxels or of the tetrahedra. */
  name(part: Part, buffer: string): string {
    const name = `${this.group.name}.${part}.${buffer}`;
    return this.#places.get(name) ?? name;
  }

  /** Lets a buffer lie where another has been from now on. */
  move(part: Part, buffer: string, place: string): void {
    this.#places.set(`${this.group.name}.${part}.${buffer}`, place);
  }

  /** Uploads the samples but for their materials, in spans for workgroups. @returns how many spans */
  samples(): number {
    const { keys, colors } = this.group.samples;
    const spans = this.group.spans();
    this.recorder.upload(this.name("voxel", "keys"), keys);
    this.recorder.upload(this.name("voxel", "colors"), colors);
    this.recorder.upload(this.name("voxel", "spans"), spans);
    return spans.length / SPAN_WORDS;
  }

  /** The grid, its counters and the arguments of dispatches that the device counts. */
  grid(part: Part, room: Capacities): void {
    this.recorder.upload(this.name(part, "grid"), this.group.grid(room));
    this.recorder.zeroed(this.name(part, "counters"), COUNTER_WORDS);
    this.recorder.indirect(this.name(part, "args"), ARGS_WORDS);
  }

  /** Where trees are laid out and written to. @returns what writes down the scan of their sizes */
  trees(part: Part, room: Capacities): () => void {
    const regions = this.group.sizes.length;
    this.recorder.scratch(this.name(part, "layouts"), TREE_LAYOUT_WORDS * regions);
    this.recorder.zeroed(this.name(part, "headers"), HEADER_WORDS * regions);
    this.recorder.zeroed(this.name(part, "output"), outputPlanes(room).end);
    return this.scan(part, "sizes", regions + 1);
  }

  /** See {@linkcode recordScan}. */
  scan(part: Part, buffer: string, entries: number, isOfFour: boolean = false): () => void {
    return recordScan(this.recorder, this.name(part, buffer), entries, isOfFour);
  }

  /**
   * Writes down a dispatch.
   *
   * @param buffers names that are binding and buffer alike, or `buffer:binding` where they differ
   * @param others buffers of the other part by binding
   */
  run(
    stage: Stage,
    part: Part,
    buffers: readonly string[],
    workgroups: Workgroups,
    others: Readonly<Record<string, string>> = {},
  ): void {
    const bound: Record<string, string> = { ...others };
    for (const pair of buffers) {
      const [buffer, binding = buffer] = pair.split(":");
      bound[binding!] = this.name(part, buffer!);
    }
    this.recorder.dispatch(stage, bound, workgroups);
  }
}
