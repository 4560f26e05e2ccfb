import type { ConfigProblem } from "./config_error.ts";
import type { Field } from "./fields.ts";
import { nearestName } from "./nearest_name.ts";

export type ConfigOrigin = "default" | "preset" | "file" | "environment" | "flag";

/** One value for one setting, from one place. */
export interface Entry {
  readonly field: Field;
  readonly origin: ConfigOrigin;
  readonly place: string;
  readonly value: unknown;
  /** Set if it came under another program's name for it. */
  readonly alias?: GivenAlias;
}

/** A setting as another program's environment writes it. */
export interface GivenAlias {
  readonly name: string;
  /** As it stood in the environment, in the alias's own unit. */
  readonly text: string;
  /** Words for what the alias takes, where that differs from what the setting takes. */
  readonly allowed?: string;
  /** The alias does not take this text, whatever the setting would. */
  readonly isRefused: boolean;
}

/** The problem of a name that no setting has, with the nearest that one has. */
export function unknownName(name: string, place: string, known: Iterable<string>): ConfigProblem {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? "" : `; the nearest is ${nearest}`;
  return { key: name, place, message: `is no setting${hint}` };
}
