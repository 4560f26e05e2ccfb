import type { Command } from "commander";
import { systemClock } from "../observe/mod.ts";
import type { CommandContext } from "./command_context.ts";
import { addGrantOptions } from "./grant_options.ts";
import type { TokenOptions } from "./token.ts";

/** Adds `token`. */
export function addTokenCommand(program: Command, { io }: CommandContext): void {
  const token = program
    .command("token")
    .description("print an access token (JWT), signed with the setting security.jwtSecret")
    .option("--subject <name>", "whom it is for; the principal is user:<name>", "cli");
  addGrantOptions(token)
    .option("--ttl <time>", "its life, such as 90s, 15m, 12h or 30d", "1h")
    .option("--config <file>", "read settings from this file (default: voxcast.json, if it exists)")
    .action(async (given: TokenOptions) => {
      const { runToken } = await import("./token.ts");
      await runToken(given, io, systemClock);
    });
}
