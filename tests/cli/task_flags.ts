import { assertEquals } from "@std/assert";

/** Splits a `deno run` task of deno.json into the flags of the runtime and what follows them. */
export async function readTask(name: string): Promise<{ readonly flags: string[]; readonly rest: string[] }> {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  const words = (tasks[name].command as string).split(/\s+/).map((word) =>
    word.replace(/^(['"])(.*)\1$/, "$2")
  );
  assertEquals(words.slice(0, 2), ["deno", "run"]);
  const end = words.findIndex((word, i) => i >= 2 && !word.startsWith("-"));
  return { flags: words.slice(2, end), rest: words.slice(end) };
}
