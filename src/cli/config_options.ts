import { type Command, Option } from "commander";
import { type Field, FIELDS, GROUP_TITLES } from "../config/mod.ts";

/** What the command line says about the configuration. */
export interface ConfigArguments {
  /** Named with --config. */
  readonly configFile?: string;
  /** Text by flag, unknown flags included, so that they are reported together with everything else. */
  readonly flags: Readonly<Record<string, string>>;
  /** Flags of the command that are no settings, for the advice on a misspelt one. */
  readonly otherFlags?: readonly string[];
  /** Arguments that are no flags. */
  readonly operands: readonly string[];
}

/** Adds `--config` and one flag for every setting, grouped and described from the schema. */
export function addConfigOptions(command: Command): Command {
  command.option("--config <file>", "read settings from this file (default: voxcast.json, if it exists)");
  for (const field of FIELDS) command.addOption(configOption(field));
  // Commander would stop at the first unknown flag; the configuration lists all of them, with the nearest names.
  return command.allowUnknownOption();
}

/** Sorts what commander found into settings, unknown flags and operands. */
export function readConfigArguments(command: Command): ConfigArguments {
  const values = command.opts<Record<string, string | undefined>>();
  const flags: Record<string, string> = {};
  for (const field of FIELDS) {
    const value = values[optionName(field)];
    if (value !== undefined) flags[field.flag] = value;
  }
  const operands: string[] = [];
  for (const argument of command.args) {
    if (argument.startsWith("-") && argument !== "-") {
      const [flag, value] = argument.split("=", 2) as [string, string?];
      flags[flag.startsWith("--") ? flag : `-${flag}`] = value ?? "";
    } else operands.push(argument);
  }
  const configFile = values["config"];
  const settings = new Set(FIELDS.map(({ flag }) => flag));
  const otherFlags = command.options.flatMap(({ long }) => long && !settings.has(long) ? [long] : []);
  return { flags, otherFlags, operands, ...(configFile === undefined ? {} : { configFile }) };
}

function configOption(field: Field): Option {
  const shown = field.defaultValue === undefined ? "" : ` (default ${plain(field.defaultValue)})`;
  const unit = field.unit === undefined ? "" : ` [${field.unit}]`;
  const option = new Option(`${field.flag} <value>`, `${field.description}${unit}: ${field.allowed}${shown}`);
  option.attributeName = () => optionName(field);
  return option.helpGroup(`${GROUP_TITLES[field.group]}:`);
}

/** Own name, so that no setting meets another option of the command. */
function optionName(field: Field): string {
  return `setting ${field.key}`;
}

function plain(value: unknown): string {
  return Array.isArray(value) ? value.join(",") : String(value);
}
