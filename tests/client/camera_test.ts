import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import fc from "fast-check";
import { fly, look } from "../../src/client/camera_fly.ts";
import { orbit, pan, zoom } from "../../src/client/camera_orbit.ts";
import {
  along,
  type CameraPose,
  direction,
  type Lens,
  poseDistance,
  toViewport,
} from "../../src/client/camera_pose.ts";
import { CameraRig } from "../../src/client/camera_rig.ts";
import {
  add,
  type Bounds,
  type Frustum,
  perspectiveFrustum,
  scale,
  subtract,
  type Vec3,
} from "../../src/space/mod.ts";
import { fitBounds, viewportProblem } from "../../src/viewport/mod.ts";

const LENS: Lens = { fovY: 0.9, aspectRatio: 1.6, nearPlane: 0.5, farPlane: 8192 };
const POSE: CameraPose = { eye: [0, 0, 10], target: [0, 0, 0] };
const turn = fc.double({ min: -20, max: 20, noNaN: true });
const coordinate = fc.double({ min: -500, max: 500, noNaN: true });
const angle = fc.double({ min: -1.5, max: 1.5, noNaN: true });
const reach = fc.double({ min: 1, max: 500, noNaN: true });
const poses: fc.Arbitrary<CameraPose> = fc.tuple(coordinate, coordinate, coordinate, angle, angle, reach)
  .map(([x, y, z, yaw, pitch, distance]) => {
    const eye: Vec3 = [x, y, z];
    return { eye, target: along(eye, direction(yaw, pitch), distance) };
  });

Deno.test("turning around the target keeps it in place and at its distance, and never reaches a pole", () => {
  fc.assert(fc.property(poses, turn, turn, (pose, yaw, pitch) => {
    const turned = orbit(pose, yaw, pitch);
    assertEquals(turned.target, pose.target);
    assertAlmostEquals(poseDistance(turned), poseDistance(pose), 1e-6);
    assertEquals(viewportProblem(toViewport(turned, LENS)), undefined);
  }));
});

Deno.test("looking around keeps the eye in place", () => {
  fc.assert(fc.property(poses, turn, turn, (pose, yaw, pitch) => {
    const turned = look(pose, yaw, pitch);
    assertEquals(turned.eye, pose.eye);
    assertAlmostEquals(poseDistance(turned), poseDistance(pose), 1e-6);
    assertEquals(viewportProblem(toViewport(turned, LENS)), undefined);
  }));
});

Deno.test("a drag to the right swings the eye to the left, a drag down lifts it", () => {
  const rig = new CameraRig();
  rig.set(POSE);
  rig.drag(0.1, 0);
  assertLess(rig.pose.eye[0], 0);
  rig.set(POSE);
  rig.drag(0, 0.1);
  assertLess(0, rig.pose.eye[1]);
});

Deno.test("arrow keys move an orbiting eye, and turn a flying one, the way they point", () => {
  const rig = new CameraRig();
  rig.set(POSE);
  rig.turn(0.1, 0);
  assertLess(rig.pose.eye[0], 0);
  rig.mode = "fly";
  rig.set(POSE);
  rig.turn(0.1, 0.1);
  assertLess(rig.pose.target[0], 0);
  assertLess(0, rig.pose.target[1]);
});

Deno.test("a shifted view moves what is at the target's distance with the pointer", () => {
  const shifted = pan(POSE, 0.5, 0.25, LENS.fovY);
  const height = 2 * Math.tan(LENS.fovY / 2) * 10;
  assertAlmostEquals(shifted.target[0], -0.5 * height, 1e-9);
  assertAlmostEquals(shifted.target[1], 0.25 * height, 1e-9);
  assertAlmostEquals(poseDistance(shifted), 10, 1e-9);
});

Deno.test("zooming stays within its range", () => {
  const range = { min: 2, max: 50 };
  assertAlmostEquals(poseDistance(zoom(POSE, 0.5, range)), 5, 1e-9);
  assertAlmostEquals(poseDistance(zoom(POSE, 1e-9, range)), 2, 1e-9);
  assertAlmostEquals(poseDistance(zoom(POSE, 1e9, range)), 50, 1e-9);
});

Deno.test("flying moves eye and target alike", () => {
  const flown = fly(POSE, 1, 2, 3);
  const expected: Vec3 = [2, 3, 9];
  flown.eye.forEach((at, axis) => assertAlmostEquals(at, expected[axis]!, 1e-9));
  assertAlmostEquals(poseDistance(flown), 10, 1e-9);
});

Deno.test("a fitted view shows the whole box and little more, on a wide screen and on a phone", () => {
  const size = fc.double({ min: 1, max: 900, noNaN: true });
  const aspects = fc.double({ min: 0.4, max: 3, noNaN: true });
  fc.assert(
    fc.property(
      fc.tuple(coordinate, coordinate, coordinate),
      fc.tuple(size, size, size),
      aspects,
      (middle, half, aspectRatio) => {
        const lens = { ...LENS, aspectRatio };
        const box = (share: number): Bounds => ({
          min: subtract(middle, scale(half, share)),
          max: add(middle, scale(half, share)),
        });
        const frustum = perspectiveFrustum(toViewport(fitBounds(box(1), lens), lens));
        assertEquals(cornersOutside(frustum, box(1)), 0);
        assert(cornersOutside(frustum, box(1.1)) > 0, "a box a tenth larger fits in as well");
      },
    ),
  );
});

function cornersOutside({ planes }: Frustum, { min, max }: Bounds): number {
  let count = 0;
  for (let corner = 0; corner < 8; corner++) {
    const [x, y, z] = [0, 1, 2].map((axis) => (corner >> axis) & 1 ? max[axis]! : min[axis]!);
    const isOutside = [0, 1, 2, 3].some((plane) => {
      const [nx, ny, nz, d] = planes.subarray(plane * 4, plane * 4 + 4);
      return nx! * x! + ny! * y! + nz! * z! + d! <= 0;
    });
    if (isOutside) count++;
  }
  return count;
}

Deno.test("a rig glides to a frame, and a hand on the camera ends the glide", () => {
  const rig = new CameraRig();
  rig.setWorld({ min: [0, 0, 0], max: [1024, 1024, 1024] });
  const box: Bounds = { min: [0, 0, 0], max: [64, 64, 64] };
  rig.frame(box, true);
  assertEquals(rig.isTouched, false);
  rig.step(200);
  const halfway = rig.pose;
  rig.step(1000);
  assertEquals(rig.pose.target.map(Math.round), [32, 32, 32]);
  rig.frame(box, true);
  rig.set(halfway);
  rig.step(1000);
  assertEquals(rig.pose, halfway);
  assertEquals(rig.isTouched, true);
});
