import { z } from "@hono/zod-openapi";
import { invalidViewport } from "../protocol/mod.ts";
import type { Vec3 } from "../space/mod.ts";
import { type Viewport, viewportProblem } from "../viewport/mod.ts";

/** Three numbers are no longer than this. */
const MAX_CHARACTERS = 120;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** What a camera has that its query leaves out. */
const USUAL = { up: [0, 1, 0], fovY: 1, aspectRatio: 16 / 9, nearPlane: 0.1, farPlane: 1e6 } as const;

const text = (description: string, example: string) =>
  z.string().max(MAX_CHARACTERS).optional().openapi({ description, example });

/** A camera in the query of an address. */
export const cameraQuery = z.object({
  eye: text("Where the camera is, in world units; without it nobody looks", "512,300,900"),
  look: text("The point that it looks at", "512,100,512"),
  up: text("Direction that is up in the picture; 0,1,0 unless told", "0,1,0"),
  fov: text("Vertical field of view in radians; 1 unless told", "1"),
  aspect: text("Width of the picture over its height; 16:9 unless told", "1.5"),
  near: text("Nearest that is seen, in world units; 0.1 unless told", "0.1"),
  far: text("Farthest that is seen; 1000000 unless told", "5000"),
  height: text("Height of the picture in pixels, where detail goes by error on the screen", "1080"),
});

/**
 * The camera of a query; undefined if it has none.
 * @throws {VoxcastError} INVALID_VIEWPORT, with the reason
 */
export function readCamera(query: z.infer<typeof cameraQuery>): Viewport | undefined {
  const { eye, look, up, fov, aspect, near, far, height } = query;
  if (Object.values(query).every((value) => value === undefined)) return undefined;
  if (eye === undefined || look === undefined) throw invalidViewport("a camera needs 'eye' and 'look'");
  const viewport: Viewport = {
    eye: readPoint("eye", eye),
    lookAt: readPoint("look", look),
    up: up === undefined ? USUAL.up : readPoint("up", up),
    fovY: readNumber("fov", fov) ?? USUAL.fovY,
    aspectRatio: readNumber("aspect", aspect) ?? USUAL.aspectRatio,
    nearPlane: readNumber("near", near) ?? USUAL.nearPlane,
    farPlane: readNumber("far", far) ?? USUAL.farPlane,
    ...(height === undefined ? {} : { heightPx: readNumber("height", height)! }),
  };
  const problem = viewportProblem(viewport);
  if (problem !== undefined) throw invalidViewport(problem);
  return viewport;
}

function readPoint(name: string, value: string): Vec3 {
  const numbers = value.split(",").map((part) => readNumber(name, part.trim())!);
  if (numbers.length !== 3) throw invalidViewport(`'${name}' must be three numbers, such as 0,16.5,-32`);
  return [numbers[0]!, numbers[1]!, numbers[2]!];
}

function readNumber(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!NUMBER.test(value)) throw invalidViewport(`'${name}' must be made of finite numbers`);
  return Number(value);
}
