import { describeConfig } from "../../src/config/mod.ts";

/** Documents that are made from the code: path in the project, and what makes it. `deno task docs` writes them. */
export const GENERATED_DOCS: Readonly<Record<string, () => string>> = {
  "docs/configuration.md": describeConfig,
};
