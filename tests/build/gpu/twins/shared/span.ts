import { SPAN_WORDS } from "../../../../../src/build/gpu/grid_words.ts";

/** Twin of `Span` of `shaders/shared/span.wgsl`: samples of one region that one workgroup takes. */
export interface Span {
  readonly region: number;
  readonly first: number;
  readonly count: number;
}

export function spanAt(spans: Uint32Array, index: number): Span {
  const at = SPAN_WORDS * index;
  return { region: spans[at]!, first: spans[at + 1]!, count: spans[at + 2]! };
}
