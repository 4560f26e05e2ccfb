/** What came of one part. */
export interface Proved {
  readonly ok: boolean;
  readonly seconds: number;
  /** One line for people. */
  readonly summary: string;
}

/** Runs one test file with its properties' counts multiplied; on failure its output goes to the terminal. */
export async function provePart(file: string, factor: number): Promise<Proved> {
  const start = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-prompt", "--sanitize-ops", "--sanitize-resources", "--preload", PRELOAD, file],
    cwd: new URL("../../", import.meta.url),
    env: { VOXCAST_PROVE_FACTOR: String(factor), VOXCAST_TEST_STRICT: "1", NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (!success) {
    await Deno.stdout.write(stdout);
    await Deno.stderr.write(stderr);
  }
  const tests = /(\d+) passed/.exec(text)?.[1] ?? "0";
  return {
    ok: success && tests !== "0",
    seconds: (performance.now() - start) / 1000,
    summary: `${tests} tests, ${factor} times the suite's runs`,
  };
}

const PRELOAD = "tests/prove/preload.ts";
