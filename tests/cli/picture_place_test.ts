import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { processPlace } from "../../src/cli/picture_place.ts";
import { needs, testWith } from "../support/needs.ts";

const need = await needs({ read: true, write: true });

testWith(need, "a place is checked without a trace, and takes a picture afterwards", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "x.png");
    await processPlace.check(path);
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
    await processPlace.write(path, Uint8Array.of(1, 2, 3));
    await processPlace.check(path);
    assertEquals(await Deno.readFile(path), Uint8Array.of(1, 2, 3));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

testWith(need, "a folder, and a place in none, are told before any picture is made", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await assertRejects(() => processPlace.check(folder), Deno.errors.IsADirectory);
    await assertRejects(() => processPlace.check(join(folder, "no", "x.png")), Deno.errors.NotFound);
    await Deno.writeTextFile(join(folder, "file"), "");
    await assertRejects(() => processPlace.check(join(folder, "file", "x.png")), Deno.errors.NotADirectory);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  await processPlace.check("-");
});

Deno.test({
  name: "a place that may not be written is told before any picture is made",
  permissions: "none",
  fn: async () => {
    await assertRejects(() => processPlace.check("x.png"), Deno.errors.NotCapable);
  },
});
