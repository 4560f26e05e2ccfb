// deno-lint-ignore-file no-console -- progress is shown to the person who waits
/**
 * The full counts: every property test many times over, then the soak, connections by the ten thousand, and attacks. Each
 * part that has ended well is remembered in `.prove/` with a hash of the sources that it depends on, so an interrupted run
 * goes on where it was, and a change costs only what it touches; `--fresh` begins anew. Property tests run as many at a
 * time as there are cores, what measures runs alone. Writes docs/proof.md with machine and command.
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
import { SourceHashes } from "./source_hash.ts";
import { writeProof } from "./write_proof.ts";

const DEFAULT_FACTOR = 50;
const STATE_FOLDER = new URL("../../.prove/", import.meta.url);

/** A part, and what it holds for. A part that cannot be proved here tells why. */
interface Part {
  readonly name: string;
  readonly hash: () => Promise<string>;
  readonly prove: () => Promise<Proved | string>;
}

/** A part that has ended well, and the sources that it did so with. */
type Remembered = Proved & { readonly hash: string };

const { factor, isFresh, chosen } = readArguments(Deno.args);
const hashes = new SourceHashes();
const properties: Part[] = (await propertyFiles()).map((file) => ({
  name: file,
  hash: () => hashes.ofTest(file),
  prove: () => provePart(file, factor),
}));
const measured: Part[] = Object.entries({
  "soak": soakPart,
  "connections that come and go": cyclesPart,
  "connect flood while broadcasting": floodPart,
  "attacks on memory": attackPart,
  "a slow link": linkPart,
  "what a view costs": streamPart,
  "a crowd": crowdPart,
  "churn": churnPart,
}).map(([name, prove]) => ({ name, hash: () => hashes.whole(), prove: () => prove() }));
const parts = [...properties, ...measured];

await Deno.mkdir(STATE_FOLDER, { recursive: true });
const stateFile = new URL(`factor-${factor}.json`, STATE_FOLDER);
const proved: Record<string, Remembered> = isFresh ? {} : await readState();
for (const { name, hash } of parts) {
  if (proved[name] !== undefined && proved[name].hash !== await hash()) delete proved[name];
}
let failed = 0;
const waiting = properties.values();
await Promise.all(
  Array.from({ length: navigator.hardwareConcurrency }, async () => {
    for (const part of waiting) await prove(part);
  }),
);
for (const part of measured) await prove(part);
const done = parts.filter(({ name }) => proved[name] !== undefined).map(({ name }) => name);
await writeProof(
  done.map((name) => [name, proved[name]!]),
  { factor, missing: parts.map(({ name }) => name).filter((name) => proved[name] === undefined) },
);
Deno.exit(failed === 0 ? 0 : 1);

async function prove({ name, hash, prove }: Part): Promise<void> {
  if (chosen.length > 0 && !chosen.some((part) => name.includes(part))) return;
  if (proved[name] !== undefined) {
    console.log(`${name}: proved before`);
    return;
  }
  console.log(`${name} ...`);
  // Before it runs: what changes meanwhile is not what was proved.
  const sources = await hash();
  const result = await prove();
  if (typeof result === "string") {
    console.log(`${name}: ignored, ${result}`);
    return;
  }
  if (result.ok) {
    proved[name] = { ...result, hash: sources };
    // deno-lint-ignore no-sync-fn-in-async-fn -- at once, as two parts may end at the same time
    Deno.writeTextFileSync(stateFile, JSON.stringify(proved, undefined, 2));
  } else failed++;
  console.log(`${name}: ${result.ok ? "ok" : "FAILED"}, ${result.seconds.toFixed(0)} s, ${result.summary}`);
}

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

async function readState(): Promise<Record<string, Remembered>> {
  try {
    return JSON.parse(await Deno.readTextFile(stateFile));
  } catch {
    return {};
  }
}
