import { z } from "@hono/zod-openapi";
import { invalidViewport } from "../protocol/mod.ts";
import type { Vec3 } from "../space/mod.ts";
import { type Viewport, viewportProblem } from "../viewport/mod.ts";

/** Three numbers are no longer than this. */
const MAX_CHARACTERS = 120;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** What a camera has that its query leaves out. */
const USUAL = { up: [0, 1, 0], fovY: 1, aspectRatio: 16 / 9, nearPlane: 0.1, farPlane: 1e6 } as const;

/** A field of a camera in a query. */
export const textField = (
  description: string,
  example: string,
): z.ZodOptional<z.ZodString> => z.string().max(MAX_CHARACTERS).optional().openapi({ description, example });

/** A camera in the query of an address. */
export const cameraQuery = z.object({
  eye: textField("Where the camera is, in world units; without it nobody looks", "512,300,900"),
  look: textField("The point that it looks at", "512,100,512"),
  up: textField("Direction that is up in the picture; 0,1,0 unless told", "0,1,0"),
  fov: textField("Vertical field of view in radians; 1 unless told", "1"),
  aspect: textField("Width of the picture over its height; 16:9 unless told", "1.5"),
  near: textField("Nearest that is seen, in world units; 0.1 unless told", "0.1"),
  far: textField("Farthest that is seen; 1000000 unless told", "5000"),
  height: textField("Height of the picture in pixels, where detail goes by error on the screen", "1080"),
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
    fovY: fov === undefined ? USUAL.fovY : readNumber("fov", fov),
    aspectRatio: aspect === undefined ? USUAL.aspectRatio : readNumber("aspect", aspect),
    nearPlane: near === undefined ? USUAL.nearPlane : readNumber("near", near),
    farPlane: far === undefined ? USUAL.farPlane : readNumber("far", far),
    ...(height === undefined ? {} : { heightPx: readNumber("height", height) }),
  };
  const problem = viewportProblem(viewport);
  if (problem !== undefined) throw invalidViewport(problem);
  return viewport;
}

/**
 * Three numbers of a query.
 * @throws {VoxcastError} INVALID_VIEWPORT that names the field
 */
export function readPoint(name: string, value: string): Vec3 {
  const numbers = value.split(",").map((part) => readNumber(name, part.trim()));
  if (numbers.length !== 3) throw invalidViewport(`'${name}' must be three numbers, such as 0,16.5,-32`);
  return [numbers[0]!, numbers[1]!, numbers[2]!];
}

/**
 * A number of a query.
 * @throws {VoxcastError} INVALID_VIEWPORT that names the field
 */
export function readNumber(name: string, value: string): number {
  if (!NUMBER.test(value)) throw invalidViewport(`'${name}' must be made of finite numbers`);
  return Number(value);
}
