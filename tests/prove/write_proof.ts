import type { Proved } from "./property_part.ts";

const PROOF = new URL("../../docs/proof.md", import.meta.url);

/** Writes docs/proof.md: what was proved, on which machine, by which command, and what is missing. */
export async function writeProof(
  proved: readonly (readonly [name: string, part: Proved])[],
  options: { readonly factor: number; readonly missing: readonly string[] },
): Promise<void> {
  const lines = [
    "# Proof",
    "",
    `Written by \`deno task prove\` (factor ${options.factor}) on ${machine()}.`,
    "Each property test ran that many times as often as in the suite; the soak ran a server under load.",
    `Builds on the GPU ran on ${await adapterName()}.`,
    "",
    "| part | seconds | result |",
    "| --- | ---: | --- |",
    ...proved.map(([name, part]) => `| ${name} | ${part.seconds.toFixed(0)} | ${part.summary} |`),
    "",
  ];
  if (options.missing.length > 0) lines.push(`Not proved in this run: ${options.missing.join(", ")}.`, "");
  await Deno.writeTextFile(PROOF, lines.join("\n"));
}

async function adapterName(): Promise<string> {
  const info = (await navigator.gpu?.requestAdapter())?.info;
  if (info === undefined) return "no adapter";
  const name = info.description || info.vendor;
  return info.isFallbackAdapter ? `${name}, a software adapter` : name;
}

function machine(): string {
  const { os, arch } = Deno.build;
  const gib = Deno.systemMemoryInfo().total / 2 ** 30;
  return `${os} ${arch}, ${navigator.hardwareConcurrency} cores, ${
    gib.toFixed(0)
  } GiB, Deno ${Deno.version.deno}`;
}
