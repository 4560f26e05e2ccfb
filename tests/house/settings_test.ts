import { assert, assertEquals } from "@std/assert";
import { FIELDS } from "../../src/config/mod.ts";
import { projectFiles, readProjectFile, withoutComments } from "./project_files.ts";
import { needs, testWith } from "../support/needs.ts";

const need = await needs({ read: "." });

/** Settings whose effect is inside src/config itself. */
const READ_BY_LOADER = ["preset", "security.requireAuth", "security.tlsKeyFile"];

/**
 * Whether `code` reads a setting: `group.name`, or for a name that nothing else could mean `.name` on any object or `name`
 * taken out of a configuration by destructuring. Handing on a whole group (`...config.streaming`) reads nothing.
 */
function reads(code: string, key: string): boolean {
  const [group, name] = key.includes(".") ? key.split(".") as [string, string] : ["config", key];
  if (new RegExp(`\\b${group}\\??\\.${name}\\b(?!\\s*[=:][^=])`).test(code)) return true;
  const taken = new RegExp(
    `\\{[^{}()]*\\b${name}\\b[^{}()]*\\}\\s*(?::\\s*[\\w<>",\\s|]+)?=\\s*[\\w.?#]*\\b(config|options|limits|${group})\\b`,
  );
  if (taken.test(code)) return true;
  const unmistakable = name.length >= 9;
  return unmistakable &&
    new RegExp(`\\b(options|limits|#limits|#options|config|settings)\\.${name}\\b`).test(code);
}

Deno.test("the search for reads tells a read from a definition, a comment and a hand-over", () => {
  const key = "streaming.turnBudgetMs";
  for (
    const code of [
      "start(config.streaming.turnBudgetMs)",
      "this.#options.turnBudgetMs",
      "const { a, turnBudgetMs } = config.streaming;",
      "const { turnBudgetMs }: Limits = this.options;",
      "const { turnBudgetMs } = this.#options;",
    ]
  ) assert(reads(withoutComments(code), key), code);
  for (
    const code of [
      "interface X { readonly turnBudgetMs: number }",
      "// config.streaming.turnBudgetMs",
      "new Streamer({ ...config.streaming })",
      "const x = { turnBudgetMs: 8 };",
    ]
  ) assert(!reads(withoutComments(code), key), code);
  assert(reads("listen(config.port)", "port"));
  assert(!reads("url.port + server.port", "port"));
});

testWith(need, "every setting is read somewhere outside src/config", async () => {
  const files = (await projectFiles("src/")).filter((path) =>
    path.endsWith(".ts") && !path.startsWith("src/config/")
  );
  const code = (await Promise.all(files.map(readProjectFile))).map(withoutComments);
  const unread = FIELDS.map((field) => field.key as string)
    .filter((key) => !READ_BY_LOADER.includes(key) && !code.some((text) => reads(text, key)));
  assertEquals(unread, []);
});
