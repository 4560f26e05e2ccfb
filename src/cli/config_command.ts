import type { Command } from "commander";
import type { CommandContext } from "./command_context.ts";
import { addConfigOptions, readConfigArguments } from "./config_options.ts";
import { formatSettings, formatSettingsJson } from "./config_show.ts";
import { loadSettings } from "./load_settings.ts";

/** Adds `config show [--json]`. */
export function addConfigCommand(program: Command, { io }: CommandContext): void {
  const config = program.command("config").description("look at the configuration");
  const show = config
    .command("show")
    .description("print every setting and where its value came from; secrets are masked")
    .option("--json", "print JSON")
    .allowExcessArguments();
  addConfigOptions(show).action(async () => {
    const { operands, ...given } = readConfigArguments(show);
    const loaded = await loadSettings(given);
    if (operands.length > 0) show.error(`error: unexpected argument ${operands[0]}`);
    const { json = false } = show.opts<{ json?: boolean }>();
    io.out(json ? formatSettingsJson(loaded) : formatSettings(loaded));
  });
}
