import { COUNTERS } from "./grid_words.ts";

/** Faults of samples, which the counters tell. */
export interface SampleFaults {
  readonly hasBadKeys: boolean;
  readonly hasTransparent: boolean;
  readonly hasRepeats: boolean;
}

/** Reads the counters that came back. */
export function sampleFaults(counters: Uint32Array): SampleFaults {
  return {
    hasBadKeys: counters[COUNTERS.badKeys] !== 0,
    hasTransparent: counters[COUNTERS.transparent] !== 0,
    hasRepeats: counters[COUNTERS.repeats] !== 0,
  };
}
