import { assert } from "@std/assert";
import { DAYLIGHT } from "../../src/trace/mod.ts";
import { createPictureView } from "../../src/trace/picture_view.ts";
import { faceLight, faceNormal } from "../../src/trace/shade.ts";
import { FACE_NORMALS } from "../../src/tree/mod.ts";
import { cameraAt, GRID } from "./scene_fixture.ts";

const view = createPictureView(GRID, cameraAt(8, 8), DAYLIGHT);
/** The faces of cubes that the usual camera sees: right, top and front. */
const SEEN_FACES = [1, 3, 5];

Deno.test("by daylight the sunny faces that the usual camera sees show about their own colours", () => {
  for (const face of SEEN_FACES) {
    const light = faceLight(view, faceNormal(face), 1);
    assert(light >= 0.65 && light <= 1, `face ${face}: ${light}`);
  }
});

Deno.test("by daylight each of these faces is darker in the shade, and no two of them are alike", () => {
  const lights = SEEN_FACES.map((face) => faceLight(view, faceNormal(face), 1));
  for (const [at, face] of SEEN_FACES.entries()) {
    const shade = faceLight(view, faceNormal(face), 0);
    assert(shade >= 0.35 && shade <= 0.75 * lights[at]!, `face ${face}: ${shade} of ${lights[at]}`);
    for (const other of lights.slice(at + 1)) assert(Math.abs(lights[at]! - other) > 0.05);
  }
});

Deno.test("no face is lit by more than its own colour", () => {
  for (let face = 0; face < FACE_NORMALS.length / 3; face++) {
    const light = faceLight(view, faceNormal(face), 1);
    assert(light > 0.2 && light <= 1, `face ${face}: ${light}`);
  }
});
