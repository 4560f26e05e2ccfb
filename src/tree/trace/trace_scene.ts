import type { Hit } from "./hit.ts";
import type { Ray } from "./ray.ts";
import type { Scene } from "./scene.ts";
import { traceEsvo } from "./trace_esvo.ts";
import { traceEsvt } from "./trace_esvt.ts";

/**
 * Finds where a ray first meets a scene of either kind, `tMin <= t <= tMax`; tells whether it does. A ray that starts inside
 * of a cell meets it at `tMin`, with `INSIDE_FACE`. Allocates nothing.
 */
export function traceScene(scene: Scene, ray: Ray, hit: Hit): boolean {
  return scene.kind === "esvo" ? traceEsvo(scene, ray, hit) : traceEsvt(scene, ray, hit);
}
