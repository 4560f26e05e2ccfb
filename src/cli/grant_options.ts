import type { Command } from "commander";
import { isWorldName, MAX_SCOPE_WORLDS, type Role, ROLES } from "../security/mod.ts";
import { UsageError } from "./usage_error.ts";

/** What a new credential grants, as it stands on the command line. */
export interface GrantOptions {
  readonly role: string;
  readonly world?: readonly string[];
}

/** The same, understood. */
export interface Grant {
  readonly role: Role;
  readonly worlds: "all" | ReadonlySet<string>;
}

/** Adds `--role` and `--world`. */
export function addGrantOptions(command: Command): Command {
  return command
    .option(
      "--role <role>",
      `what it allows: ${ROLES.join(", ")}, each all that those before it may`,
      ROLES[0],
    )
    .option("--world <name...>", "the only worlds that it opens (default: all)");
}

/** @throws {UsageError} naming the option and what it should be */
export function readGrant({ role: given, world }: GrantOptions): Grant {
  const role = ROLES.find((role) => role === given);
  if (role === undefined) throw new UsageError(`--role must be one of ${ROLES.join(", ")}, got "${given}"`);
  if (world === undefined) return { role, worlds: "all" };
  const wrong = world.find((name) => !isWorldName(name));
  if (wrong !== undefined) {
    throw new UsageError(
      `--world must be 1 to 64 lower-case letters, digits, dots, dashes or underscores, got "${wrong}"`,
    );
  }
  if (world.length > MAX_SCOPE_WORLDS) {
    throw new UsageError(`--world takes at most ${MAX_SCOPE_WORLDS} names`);
  }
  return { role, worlds: new Set(world) };
}

/** A grant in words: `role viewer, worlds a, b`. */
export function grantText({ role, worlds }: Grant): string {
  return `role ${role}, ${worlds === "all" ? "all worlds" : `worlds ${[...worlds].join(", ")}`}`;
}
