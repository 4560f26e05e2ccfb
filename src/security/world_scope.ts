/** Most worlds that one credential names; one for more is for all. */
export const MAX_SCOPE_WORLDS = 256;
const WORLD = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Words for what {@linkcode readWorldScope} takes. */
export const WORLD_SCOPE_WORDS = `"all" or an array of up to ${MAX_SCOPE_WORLDS} names of worlds`;

/** Whether a text can be the name of a world. */
export function isWorldName(text: string): boolean {
  return WORLD.test(text);
}

/** The worlds of a credential from JSON: `"all"` or an array of names; undefined if it is neither. */
export function readWorldScope(value: unknown): "all" | ReadonlySet<string> | undefined {
  if (value === "all") return "all";
  if (!Array.isArray(value) || value.length > MAX_SCOPE_WORLDS) return undefined;
  return value.every((name) => typeof name === "string" && isWorldName(name)) ? new Set(value) : undefined;
}
