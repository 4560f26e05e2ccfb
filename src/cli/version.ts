import deno from "../../deno.json" with { type: "json" };

/** Version of this program, from deno.json. */
export const VERSION: string = deno.version;
