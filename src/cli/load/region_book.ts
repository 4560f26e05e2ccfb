import {
  type Feature,
  FLAG_DELTA,
  FLAG_REFINEMENT,
  FRAME_HEADER_BYTES,
  type FrameHeader,
  kindOfFormat,
  readFrameHeader,
} from "../../protocol/mod.ts";
import type { TreeKind } from "../../tree/mod.ts";

/** What a client holds of a region. */
export interface BookEntry {
  readonly version: number;
  readonly lod: number;
  /** When the frame came that brought it. */
  readonly atMs: number;
}

/** What a client was promised when it registered. */
export interface BookRules {
  readonly level: number;
  readonly depth: number;
  readonly kind: TreeKind;
  readonly features: readonly Feature[];
}

/** Keeps what the frames of one client have brought, by their headers, and looks for headers that cannot be. */
export class RegionBook {
  readonly #rules: BookRules;
  readonly #problem: (text: string) => void;
  readonly #entries = new Map<number, { version: number; lod: number; atMs: number }>();
  /** Frames by what they brought. */
  readonly counts: { full: number; refinement: number; delta: number } = { full: 0, refinement: 0, delta: 0 };

  /** @param onProblem told of each header that cannot be */
  constructor(rules: BookRules, onProblem: (text: string) => void) {
    this.#rules = rules;
    this.#problem = onProblem;
  }

  /** What is held of a region, by Morton code. */
  entry(morton: number): BookEntry | undefined {
    return this.#entries.get(morton);
  }

  /** Takes a frame down; its Morton code, or undefined if its header cannot be read. */
  take(frame: Uint8Array, nowMs: number): number | undefined {
    let header: FrameHeader;
    try {
      header = readFrameHeader(frame);
    } catch (error) {
      this.#problem(error instanceof Error ? error.message : String(error));
      return undefined;
    }
    const { morton, version, lod } = header;
    const entry = this.#entries.get(morton);
    const problem = this.#headerProblem(header, frame.length) ?? orderProblem(header, entry);
    if (problem !== undefined) {
      this.#problem(`region ${header.level}/${morton} version ${version}: ${problem}`);
    }
    if ((header.flags & FLAG_REFINEMENT) !== 0) this.counts.refinement++;
    else if ((header.flags & FLAG_DELTA) !== 0) this.counts.delta++;
    else this.counts.full++;
    if (entry === undefined) this.#entries.set(morton, { version, lod, atMs: nowMs });
    else {
      if (version > entry.version) entry.atMs = nowMs;
      entry.version = version;
      entry.lod = lod;
    }
    return morton;
  }

  #headerProblem(header: FrameHeader, bytes: number): string | undefined {
    const { level, depth, kind, features } = this.#rules;
    const { flags, lod, payloadBytes } = header;
    if (header.level !== level) return `its level is ${header.level}, the world's ${level}`;
    if (kindOfFormat(header.format) !== kind) return `its kind is not ${kind}`;
    if (header.codec !== 2) return `its codec is ${header.codec}, 2 was agreed on`;
    if (lod > depth) return `its LOD is ${lod}, the coarsest is ${depth}`;
    if (header.version === 0) return "no region has version 0";
    if (payloadBytes !== bytes - FRAME_HEADER_BYTES) {
      return `it says ${payloadBytes} bytes and has ${bytes - FRAME_HEADER_BYTES}`;
    }
    if (flags === FLAG_REFINEMENT && features.includes("refinements")) return undefined;
    if (flags === FLAG_DELTA && features.includes("deltas")) return undefined;
    return flags === 0 ? undefined : `its flags are 0x${flags.toString(16)}, which was not agreed on`;
  }
}

/** What is wrong with a header after what came before. */
function orderProblem(
  { flags, version, lod }: FrameHeader,
  entry: BookEntry | undefined,
): string | undefined {
  if (entry !== undefined && version < entry.version) return `it came after version ${entry.version}`;
  if (flags === FLAG_REFINEMENT) {
    if (entry?.version !== version) return `it refines a version that was not sent`;
    if (lod >= entry.lod) return `it refines LOD ${entry.lod} to LOD ${lod}`;
  }
  if (flags === FLAG_DELTA) {
    if (entry === undefined) return "it changes a region that was not sent";
    if (entry.lod !== 0 || lod !== 0) return `it changes a region that was sent at LOD ${entry.lod}`;
    if (entry.version >= version) return `it changes version ${entry.version}`;
  }
  return undefined;
}
