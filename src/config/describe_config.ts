import { ALIASES } from "./aliases.ts";
import { describeLimits } from "./describe_limits.ts";
import { type Field, FIELDS } from "./fields.ts";
import { showValue } from "./load_config.ts";
import { tableOf } from "./markdown_table.ts";
import { PRESET_VALUES } from "./presets.ts";
import { PRESETS } from "./schema.ts";

/** Headings of the groups, in the order of the schema. */
export const GROUP_TITLES: Readonly<Record<string, string>> = {
  "": "Server and worlds",
  world: "Bounds of worlds",
  security: "Security",
  session: "Connections",
  limits: "Limits of clients",
  cache: "Cache",
  build: "Builds",
  gpu: "Builds on the GPU",
  streaming: "Streaming",
  trace: "Ray tracing",
  snapshots: "Pictures and picks",
  performance: "Performance",
  http: "HTTP",
  import: "Imports by the server",
  log: "Log",
};

/** The whole of `docs/configuration.md`. */
export function describeConfig(): string {
  const sections = [
    INTRODUCTION,
    presetTable(),
    aliasTable(),
    ...Object.keys(GROUP_TITLES).map(groupTable),
    describeLimits(),
  ];
  return sections.join("\n\n") + "\n";
}

const INTRODUCTION = `# Configuration

This page is made from the schema in \`src/config\` by \`deno task docs\`; edit that, not this.

A setting is looked for in five places; a later one wins: **default < preset < file < environment < flag**.

- **File**: \`voxcast.json\` in the working folder, if it exists, or the one named by \`--config FILE\` or \`VOXCAST_CONFIG\`. Dots
  in a key are nested objects: \`{ "port": 8080, "streaming": { "turnBudgetMs": 4 } }\`.
- **Environment**: lists are JSON (\`[100, 300]\`, \`["a", "b"]\`) or comma lists (\`100,300\`, \`a,b\`; a text that holds a comma
  itself needs JSON), booleans \`true\`, \`false\`, \`1\`, \`0\`.
- **Flags**: \`deno task voxcast serve --streaming-turn-budget-ms 4\`; a list takes a comma list.

Unknown names, values out of range and contradictions are refused at start, all of them at once, each with the key, the
value and what is allowed; this holds for a value that another place overrides, too. In the environment that goes for all names
that begin with \`VOXCAST_\`, \`MFN_\`, \`RATE_LIMIT_\` or \`MESSAGE_\`. Under the tasks' permissions variables can be asked for
but not listed, so an unknown one is found there if it is one slip away from a known name (a letter lost,
added, replaced or swapped, the group or the underscores left out); with \`--allow-env\` all are found.

\`deno task voxcast config show [--json]\` prints every value and where it came from, secrets masked.

Every number is bounded: there is no value that means "unlimited". Besides its own range a setting must not contradict
another one:

- \`worldMax\` is above \`worldMin\`; \`streaming.lodThresholds\` ascend strictly and \`streaming.maxLodLevel\` is their
  number, at most \`gridDepth\`; \`world.maxWorldBytes\` is at most \`world.maxVoxelBytesTotal\`, \`gpu.pauseMs\` at most
  \`gpu.maxPauseMs\`, \`trace.pauseMs\` at most \`trace.maxPauseMs\`.
- \`session.heartbeatIntervalMs\` is below \`session.deadAfterMs\`, \`session.ackRetryMs\` at most \`session.ackTimeoutMs\`,
  \`session.maxUnauthenticatedPerAddress\` at most \`session.maxUnauthenticated\`, \`limits.messagesPerSecond\` at most
  \`limits.serverMessagesPerSecond\`.
- A \`host\` that other machines reach, the preset \`production\` and \`security.requireAuth\` need a credential: \`security.apiKey\`,
  \`apiKeys\`, \`keysFile\`, \`jwtSecret\` or \`jwksFile\`. Without any the server is in development mode: no authentication, its own
  machine only. With one \`security.requireAuth\` cannot be set to \`false\`.
- A credential needs TLS: \`security.tlsCertFile\` and \`security.tlsKeyFile\`, always together, or \`security.trustProxy\` with the
  address of the proxy that ends TLS. If all of these are on this machine, \`host\` must be its own address, too. To try things
  out on one machine: \`security.trustProxy\` \`127.0.0.1\`.
- \`security.jwtSecret\` and \`jwksFile\` need \`security.jwtIssuer\` and \`jwtAudience\`; \`security.requireHmac\` needs API keys.

\`VOXCAST_CONFIG\` (path of the file) and \`VOXCAST_TEST_STRICT\` (tests only) are no settings.`;

function presetTable(): string {
  const rows = FIELDS.flatMap((field) => {
    const values = PRESETS.map((preset) => presetValue(field, preset));
    if (field.key === "preset" || values.every((value) => value === undefined)) return [];
    return [[`\`${field.key}\``, ...values.map((value) => value === undefined ? "" : code(field, value))]];
  });
  const about = "## Presets\n\nChosen by `preset`; an unknown name is refused. Empty means the default.";
  return `${about}\n\n${tableOf(["key", ...PRESETS], rows)}`;
}

function aliasTable(): string {
  const rows = ALIASES.map((
    { name, key, note, allowed },
  ) => [`\`${name}\``, `\`${key}\``, note, allowed ?? ""]);
  const about = `## Names of other servers

These names in the environment set a setting, too. One that disagrees with the setting's own name in the environment is refused;
\`config show\` names the one that a value came under.`;
  return `${about}\n\n${tableOf(["environment", "sets", "read as", "allowed"], rows)}`;
}

function presetValue(field: Field, preset: (typeof PRESETS)[number]): unknown {
  const values = PRESET_VALUES[preset] as Readonly<Record<string, unknown>>;
  if (field.group === "") return values[field.key];
  const group = values[field.group] as Readonly<Record<string, unknown>> | undefined;
  return group?.[field.key.slice(field.group.length + 1)];
}

function groupTable(group: string): string {
  const rows = FIELDS.filter((field) => field.group === group).map((field) => [
    `\`${field.key}\``,
    field.description + (field.secret ? " (secret)" : ""),
    code(field, field.defaultValue),
    field.allowed,
    field.unit ?? "",
    namesOf(field),
  ]);
  const columns = ["key", "what it does", "default", "allowed", "unit", "environment, flag"];
  return `## ${GROUP_TITLES[group]}\n\n${tableOf(columns, rows)}`;
}

function namesOf({ key, variable, flag }: Field): string {
  const aliases = ALIASES.filter((alias) => alias.key === key).map(({ name }) => name);
  return [variable, flag, ...aliases].map((name) => `\`${name}\``).join("<br>");
}

function code(field: Field, value: unknown): string {
  return value === undefined ? "unset" : `\`${showValue(field, value)}\``;
}
