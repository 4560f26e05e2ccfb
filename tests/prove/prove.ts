// deno-lint-ignore-file no-console -- progress is shown to the person who waits
/**
 * The full counts: every property test many times over, then the soak, connections by the ten thousand, and attacks. Each part that has ended well is remembered in
 * `.prove/` under a hash of the sources, so an interrupted run goes on where it was; `--fresh` begins anew. Writes
 * docs/proof.md with machine and command.
 *
 * usage: deno task prove [--fresh] [--factor N] [PART...]
 */
import { attackPart } from "./attack_part.ts";
import { churnPart } from "./churn_part.ts";
import { crowdPart } from "./crowd_part.ts";
import { cyclesPart } from "./cycles_part.ts";
import { floodPart } from "./flood_part.ts";
import { linkPart } from "./link_part.ts";
import { type Proved, provePart } from "./property_part.ts";
import { soakPart } from "./soak.ts";
import { streamPart } from "./stream_part.ts";
import { sourceHash } from "./source_hash.ts";
import { writeProof } from "./write_proof.ts";

const DEFAULT_FACTOR = 50;
const STATE_FOLDER = new URL("../../.prove/", import.meta.url);

const { factor, isFresh, chosen } = readArguments(Deno.args);
const hash = await sourceHash();
/** A part that cannot be proved here tells why. */
const parts = new Map<string, () => Promise<Proved | string>>();
for (const file of await propertyFiles()) parts.set(file, () => provePart(file, factor));
parts.set("soak", soakPart);
parts.set("connections that come and go", () => cyclesPart());
parts.set("connect flood while broadcasting", () => floodPart());
parts.set("attacks on memory", () => attackPart());
parts.set("a slow link", () => linkPart());
parts.set("what a view costs", () => streamPart());
parts.set("a crowd", () => crowdPart());
parts.set("churn", () => churnPart());

await Deno.mkdir(STATE_FOLDER, { recursive: true });
const stateFile = new URL(`${hash}-${factor}.json`, STATE_FOLDER);
const proved: Record<string, Proved> = isFresh ? {} : await readState();
let failed = 0;
for (const [name, prove] of parts) {
  if (chosen.length > 0 && !chosen.some((part) => name.includes(part))) continue;
  if (proved[name] !== undefined) {
    console.log(`${name}: proved before`);
    continue;
  }
  console.log(`${name} ...`);
  const result = await prove();
  if (typeof result === "string") {
    console.log(`${name}: ignored, ${result}`);
    continue;
  }
  if (result.ok) {
    proved[name] = result;
    await Deno.writeTextFile(stateFile, JSON.stringify(proved, undefined, 2));
  } else failed++;
  console.log(`${name}: ${result.ok ? "ok" : "FAILED"}, ${result.seconds.toFixed(0)} s, ${result.summary}`);
}
await writeProof(proved, { factor, missing: [...parts.keys()].filter((name) => proved[name] === undefined) });
Deno.exit(failed === 0 ? 0 : 1);

function readArguments(args: readonly string[]): { factor: number; isFresh: boolean; chosen: string[] } {
  let factor = DEFAULT_FACTOR;
  const chosen: string[] = [];
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--factor") factor = Number(args[++i]);
    else if (args[i] !== "--fresh") chosen.push(args[i]!);
  }
  return { factor, isFresh: args.includes("--fresh"), chosen };
}

/** Test files that try a property, or whose counts grow with the factor. */
async function propertyFiles(): Promise<string[]> {
  const files: string[] = [];
  const root = new URL("../../", import.meta.url);
  for (const folders = ["tests"]; folders.length > 0;) {
    const folder = folders.shift()!;
    for await (const { name, isDirectory } of Deno.readDir(new URL(`${folder}/`, root))) {
      const path = `${folder}/${name}`;
      if (isDirectory) folders.push(path);
      if (!name.endsWith("_test.ts")) continue;
      const text = await Deno.readTextFile(new URL(path, root));
      if (/fc\s*\.assert\(|\bruns\(|\bproveFactor\(|\bsuiteOrProof\(/.test(text)) files.push(path);
    }
  }
  return files.sort();
}

async function readState(): Promise<Record<string, Proved>> {
  try {
    return JSON.parse(await Deno.readTextFile(stateFile));
  } catch {
    return {};
  }
}
