import type { Backpressure } from "../protocol/mod.ts";

/** Why less is sent than is in view. */
export type PressureReason = Backpressure["reason"];

const TEXTS: Readonly<Record<PressureReason, string>> = {
  slow: "Slow connection: detail follows",
  memory: "Server memory is short: detail is reduced",
  view: "More is in view than is sent: the edges are left out",
};

/** What the page says of what is held back; empty if nothing is. */
export function pressureText(held: ReadonlySet<PressureReason>): string {
  return [...held].sort().map((reason) => TEXTS[reason]).join(". ");
}
