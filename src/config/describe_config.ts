import { type Field, FIELDS } from "./fields.ts";
import { showValue } from "./load_config.ts";
import { PRESET_VALUES } from "./presets.ts";
import { PRESETS } from "./schema.ts";

/** Headings of the groups, in the order of the schema. */
export const GROUP_TITLES: Readonly<Record<string, string>> = {
  "": "Server and worlds",
  world: "Bounds of worlds",
  security: "Security",
  cache: "Cache",
  build: "Builds",
  gpu: "Builds on the GPU",
  streaming: "Streaming",
  performance: "Performance",
  http: "HTTP",
  import: "Imports by the server",
  log: "Log",
};

/** The whole of `docs/configuration.md`. */
export function describeConfig(): string {
  return [INTRODUCTION, presetTable(), ...Object.keys(GROUP_TITLES).map(groupTable)].join("\n\n") + "\n";
}

const INTRODUCTION = `# Configuration

This page is made from the schema in \`src/config/schema.ts\` by \`deno task docs\`; edit that, not this.

A setting is looked for in five places; a later one wins: **default < preset < file < environment < flag**.

- **File**: \`voxcast.json\` in the working folder, if it exists, or the one named by \`--config FILE\` or \`VOXCAST_CONFIG\`. Dots
  in a key are nested objects: \`{ "port": 8080, "streaming": { "turnBudgetMs": 4 } }\`.
- **Environment**: lists are JSON (\`[100, 300]\`) or comma lists (\`100,300\`), booleans \`true\`, \`false\`, \`1\`, \`0\`.
- **Flags**: \`deno task voxcast serve --streaming-turn-budget-ms 4\`; a list takes a comma list.

Unknown names, values out of range and contradictions are refused at start, all of them at once, each with the key, the
value and what is allowed; this holds for a value that another place overrides, too. Under the tasks' permissions variables can be asked for
but not listed, so an unknown \`VOXCAST_\` variable is found there if it is one slip away from a known name (a letter lost,
added, replaced or swapped, the group or the underscores left out); with \`--allow-env\` all are found.

\`deno task voxcast config show [--json]\` prints every value and where it came from, secrets masked.

Every number is bounded: there is no value that means "unlimited". Besides its own range a setting must not contradict
another one: \`worldMax\` is above \`worldMin\`; \`streaming.lodThresholds\` ascend strictly and \`streaming.maxLodLevel\` is their
number, at most \`gridDepth\`; \`world.maxWorldBytes\` is at most \`world.maxVoxelBytesTotal\`; a \`host\` that other machines reach needs
\`security.apiKey\`, and so does the preset \`production\`.

\`VOXCAST_CONFIG\` (path of the file) and \`VOXCAST_TEST_STRICT\` (tests only) are no settings.`;

function presetTable(): string {
  const rows = FIELDS.flatMap((field) => {
    const values = PRESETS.map((preset) => presetValue(field, preset));
    if (field.key === "preset" || values.every((value) => value === undefined)) return [];
    return [row(`\`${field.key}\``, ...values.map((value) => value === undefined ? "" : code(field, value)))];
  });
  return [
    "## Presets",
    "",
    "Chosen by `preset`; an unknown name is refused. Empty means the default.",
    "",
    row("key", ...PRESETS),
    row(...["key", ...PRESETS].map(() => "---")),
    ...rows,
  ].join("\n");
}

function presetValue(field: Field, preset: (typeof PRESETS)[number]): unknown {
  const values = PRESET_VALUES[preset] as Readonly<Record<string, unknown>>;
  if (field.group === "") return values[field.key];
  const group = values[field.group] as Readonly<Record<string, unknown>> | undefined;
  return group?.[field.key.slice(field.group.length + 1)];
}

function groupTable(group: string): string {
  const rows = FIELDS.filter((field) => field.group === group).map((field) =>
    row(
      `\`${field.key}\``,
      field.description + (field.secret ? " (secret)" : ""),
      code(field, field.defaultValue),
      field.allowed,
      field.unit ?? "",
      `\`${field.variable}\`<br>\`${field.flag}\``,
    )
  );
  const columns = ["key", "what it does", "default", "allowed", "unit", "environment, flag"];
  return [`## ${GROUP_TITLES[group]}`, "", row(...columns), row(...columns.map(() => "---")), ...rows].join(
    "\n",
  );
}

function code(field: Field, value: unknown): string {
  return value === undefined ? "unset" : `\`${showValue(field, value)}\``;
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
