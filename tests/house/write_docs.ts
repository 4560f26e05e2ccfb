/** Writes the generated documents again: `deno task docs`. Run in the project's root. */
import { GENERATED_DOCS } from "./generated_docs.ts";

for (const [path, generate] of Object.entries(GENERATED_DOCS)) await Deno.writeTextFile(path, generate());
