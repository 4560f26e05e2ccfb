import { assert, assertEquals } from "@std/assert";
import { needs, testWith } from "../support/needs.ts";

const CLIENT = new URL("../../src/client/", import.meta.url);
const canRead = await needs({ read: decodeURIComponent(CLIENT.pathname) });
const PAGE_ONLY =
  /\b(document|window|navigator|location|sessionStorage|localStorage|matchMedia|requestAnimationFrame|HTML\w+Element)\b\s*[.([?]/;
const RUNTIME_ONLY = /\b(Deno|process|Buffer)\s*\.|from "(npm|node):/;

/** The files of src/client that the library is made of, with their text. */
async function library(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const waiting = ["mod.ts"];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    const text = await Deno.readTextFile(new URL(name, CLIENT));
    found.set(name, text);
    for (const [, imported] of text.matchAll(/from "\.\/([\w.]+)"/g)) waiting.push(imported!);
  }
  return found;
}

testWith(canRead, "the library knows neither the page nor the runtime", async () => {
  const files = await library();
  assert(files.has("voxcast_client.ts") && files.has("connection.ts") && files.size > 25);
  for (const [name, text] of files) {
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    assertEquals([PAGE_ONLY.exec(code)?.[0], RUNTIME_ONLY.exec(code)?.[0]], [undefined, undefined], name);
  }
  assertEquals([...files.keys()].filter((name) => /^(viewer|page_|hud|api_key|renderer)/.test(name)), []);
});

testWith(canRead, "time and chance come from what is passed in, but for the defaults", async () => {
  const own = /\b(setTimeout|setInterval|performance\.now|Date\.now|Math\.random)\b/;
  const using: string[] = [];
  for (const [name, text] of await library()) {
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "").replaceAll(
      /timers\.setTimeout|\bsetTimeout\(run:/g,
      "",
    );
    if (own.test(code)) using.push(name);
  }
  assertEquals(using.sort(), ["batch_queue.ts", "client_options.ts", "timers.ts"]);
});
