/** How the level of detail follows from distance. */
export interface LodRule {
  /** World units, ascending: LOD i below the i-th threshold. */
  readonly thresholds: readonly number[];
  /** The coarsest LOD, used beyond the last threshold. */
  readonly maxLod: number;
  /** How far past a threshold a change takes effect, as a fraction of it (0.1: 10 %); 0 or more, below 1. */
  readonly hysteresis: number;
}

/**
 * The level of detail at a distance: the first threshold that exceeds the distance gives it, else `maxLod`.
 * A region that has a LOD keeps it until the distance is past the threshold by the hysteresis, outwards and
 * inwards alike, so that a camera on a threshold does not make it flap.
 * @param distance world units, 0 or more
 * @param previous the LOD that the region has now, or -1 for none
 */
export function lodForDistance(distance: number, rule: LodRule, previous: number): number {
  const lod = plainLod(distance, rule, 1);
  if (previous < 0 || lod === previous) return lod;
  const margin = rule.hysteresis;
  if (lod > previous) return Math.max(previous, plainLod(distance, rule, 1 + margin));
  return Math.min(previous, plainLod(distance, rule, 1 - margin));
}

/** Whether the LOD that a region has now makes a difference at a distance: within the hysteresis of a threshold. */
export function dependsOnPrevious(distance: number, rule: LodRule): boolean {
  const margin = rule.hysteresis;
  return plainLod(distance, rule, 1 + margin) !== plainLod(distance, rule, 1 - margin);
}

function plainLod(distance: number, rule: LodRule, factor: number): number {
  const { thresholds, maxLod } = rule;
  for (let lod = 0; lod < maxLod && lod < thresholds.length; lod++) {
    if (thresholds[lod]! * factor > distance) return lod;
  }
  return maxLod;
}
