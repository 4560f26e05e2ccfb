/** Loaded before the tests by `deno task prove`: properties that name no count of runs get more of them, too. */
import fc from "fast-check";
import { runs } from "../support/runs.ts";

fc.configureGlobal({ numRuns: runs(100) });
