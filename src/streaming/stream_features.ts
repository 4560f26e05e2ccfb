import type { Feature } from "../protocol/mod.ts";

/** What a client takes beside full frames, one a message. */
export type StreamFeatures = Readonly<Record<Feature, boolean>>;

/** The features that are in a list. */
export function streamFeatures(names: readonly Feature[]): StreamFeatures {
  return {
    bundles: names.includes("bundles"),
    parts: names.includes("parts"),
    refinements: names.includes("refinements"),
    deltas: names.includes("deltas"),
    flow: names.includes("flow"),
  };
}
