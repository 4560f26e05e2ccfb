/** The program: `deno task voxcast --help` lists what it can do. */
import { runCli } from "./src/cli/mod.ts";

if (import.meta.main) Deno.exit(await runCli(Deno.args));
