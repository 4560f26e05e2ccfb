import { z } from "@hono/zod-openapi";
import type { AskedCamera, PictureRequest } from "../snapshot/mod.ts";
import { readNumber, readPoint, textField } from "./camera_query.ts";
import { kindSchema } from "./schemas.ts";

/** Width of a picture that nobody has chosen a size for, in pixels. */
const USUAL_WIDTH_PX = 640;
/** Width by height where only one of them is chosen. */
const USUAL_ASPECT = 16 / 9;

const sizeField = (description: string) =>
  z.coerce.number().int().min(1).optional().openapi({ description, example: 640 });

/** A picture in the query of an address. */
export const pictureQuery = z.object({
  eye: textField(
    "Where the camera is, in world units; without it, it shows all that there is",
    "512,300,900",
  ),
  lookAt: textField("The point that it looks at", "512,100,512"),
  up: textField("Direction that is up in the picture; 0,1,0 unless told", "0,1,0"),
  fovY: textField("Vertical field of view in radians; 0.873 (50 degrees) unless told", "0.9"),
  width: sizeField("Pixels; unless told 640, or 16:9 by the height"),
  height: sizeField("Pixels; unless told 16:9 by the width"),
  kind: kindSchema.optional().openapi({ description: "The world's own unless told" }),
  lod: z.coerce.number().int().min(0).optional().openapi({
    description:
      "Level of detail of all regions, 0 the finest; unless told each as fine as the picture can show",
  }),
});

/**
 * The picture that a query asks for.
 * @throws {VoxcastError} INVALID_VIEWPORT for what is no number
 */
export function readPicture(query: z.infer<typeof pictureQuery>): PictureRequest {
  const { width, height, kind, lod } = query;
  const widthPx = width ??
    (height === undefined ? USUAL_WIDTH_PX : Math.max(1, Math.round(height * USUAL_ASPECT)));
  return {
    ...readCameraOf(query),
    widthPx,
    heightPx: height ?? Math.max(1, Math.round(widthPx / USUAL_ASPECT)),
    ...(kind === undefined ? {} : { kind }),
    ...(lod === undefined ? {} : { lod }),
  };
}

function readCameraOf({ eye, lookAt, up, fovY }: z.infer<typeof pictureQuery>): AskedCamera {
  return {
    ...(eye === undefined ? {} : { eye: readPoint("eye", eye) }),
    ...(lookAt === undefined ? {} : { lookAt: readPoint("lookAt", lookAt) }),
    ...(up === undefined ? {} : { up: readPoint("up", up) }),
    ...(fovY === undefined ? {} : { fovY: readNumber("fovY", fovY) }),
  };
}
