import type { Command } from "commander";
import { systemClock, systemRandom } from "../observe/mod.ts";
import type { CommandContext } from "./command_context.ts";
import { addGrantOptions } from "./grant_options.ts";
import type { KeyFileOptions, KeyNewOptions } from "./keys.ts";

/** Adds `key new`, `key list` and `key remove ID`. */
export function addKeyCommand(program: Command, { io }: CommandContext): void {
  const key = program.command("key").description("make, list and remove API keys");
  const add = key
    .command("new")
    .description("make an API key, print it once, and write its hash to the keys file")
    .option("--id <id>", "its name in lists and logs (default: made up)");
  addFileOptions(addGrantOptions(add))
    .option("--signing", "make a secret, too, with which the holder signs, so that the key need not be sent")
    .option("--ttl <time>", "its life, such as 12h or 30d (default: no end)")
    .action(async (given: KeyNewOptions) => {
      const { runKeyNew } = await import("./keys.ts");
      await runKeyNew(given, io, { clock: systemClock, random: systemRandom });
    });
  addFileOptions(
    key.command("list").description("list the keys of the keys file; the keys themselves are nowhere"),
  )
    .option("--json", "print JSON")
    .action(async (given: KeyFileOptions & { readonly json?: boolean }) => {
      const { runKeyList } = await import("./keys.ts");
      await runKeyList(given, io, systemClock);
    });
  addFileOptions(
    key.command("remove").description("take a key out of the keys file").argument("<id>", "its name"),
  )
    .action(async (id: string, given: KeyFileOptions) => {
      const { runKeyRemove } = await import("./keys.ts");
      await runKeyRemove(id, given, io);
    });
}

function addFileOptions(command: Command): Command {
  return command
    .option("--file <path>", "the keys file (default: the setting security.keysFile, else data/keys.json)")
    .option("--config <file>", "read settings from this file (default: voxcast.json, if it exists)");
}
