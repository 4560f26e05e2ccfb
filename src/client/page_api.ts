import type { Vec3 } from "../space/mod.ts";
import { viewportProblem } from "../viewport/mod.ts";
import { toViewport } from "./camera_pose.ts";
import type { CameraRig } from "./camera_rig.ts";
import type { ViewerApi, ViewerStats } from "./viewer_api.ts";

/** Makes the script interface. `isSettled` says whether the screen shows all that has come. */
export function createViewerApi(
  rig: CameraRig,
  stats: () => ViewerStats,
  isSettled: () => boolean,
): ViewerApi {
  return {
    camera: {
      get: () => rig.viewport,
      set(eye: Vec3, lookAt: Vec3): void {
        const pose = { eye: copy(eye), target: copy(lookAt) };
        const problem = viewportProblem(toViewport(pose, rig.lens));
        if (problem !== undefined) throw new RangeError(`Invalid camera: ${problem}`);
        rig.set(pose);
      },
    },
    stats,
    async settled(): Promise<void> {
      do await new Promise((resolve) => requestAnimationFrame(resolve)); while (!isSettled());
      // One more turn, so that the browser has put the picture on the screen.
      await new Promise((resolve) => requestAnimationFrame(resolve));
    },
  };
}

function copy(v: Vec3): Vec3 {
  return [v[0], v[1], v[2]];
}
