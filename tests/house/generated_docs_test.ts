import { assert } from "@std/assert";
import { GENERATED_DOCS } from "./generated_docs.ts";
import { needs, testWith } from "../support/needs.ts";

const need = await needs({ read: "." });

for (const [path, generate] of Object.entries(GENERATED_DOCS)) {
  testWith(need, `${path} is what the code makes of it (deno task docs writes it again)`, async () => {
    const written = await Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
    assert(written === generate(), `${path} is stale: run deno task docs`);
  });
}
