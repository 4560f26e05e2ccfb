import { assertEquals } from "@std/assert";
import { viewportProblem } from "../../src/viewport/mod.ts";
import { PLAIN_CAMERA } from "./cameras.ts";

Deno.test("a picture may be 1 to 16384 whole pixels tall, or not said to be", () => {
  assertEquals(viewportProblem(PLAIN_CAMERA), undefined);
  for (const heightPx of [1, 1080, 16384]) {
    assertEquals(viewportProblem({ ...PLAIN_CAMERA, heightPx }), undefined);
  }
  for (const heightPx of [0, -1, 16385, 0.5, NaN, Infinity]) {
    assertEquals(
      viewportProblem({ ...PLAIN_CAMERA, heightPx }),
      `heightPx must be a whole number from 1 to 16384, not ${heightPx}`,
    );
  }
});
