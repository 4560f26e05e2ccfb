import { assertEquals, assertMatch } from "@std/assert";
import { commandPath, needs, testWith } from "../../support/needs.ts";

const need = await needs({ read: "." }, { run: "deno" }, { run: "bash" }, { gpu: true });
const PROGRAM = new URL("./workers/short_of_memory.ts", import.meta.url);
/** Enough for the runtime and a device, and little enough for a software device to come to its end. */
const ADDRESS_SPACE_KIB = 60_000_000;

testWith(need, "A device that has no memory left says so, and builds again when there is some", async () => {
  const deno = await commandPath("deno");
  const command = `ulimit -v ${ADDRESS_SPACE_KIB}; exec "$0" run -A --no-check "$1"`;
  const { stdout, stderr } = await new Deno.Command(await commandPath("bash"), {
    args: ["-c", command, deno, decodeURIComponent(PROGRAM.pathname)],
    signal: AbortSignal.timeout(60_000),
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stdout);
  assertMatch(said, /^\{.*\}$/, new TextDecoder().decode(stderr));
  const { short, free } = JSON.parse(said);
  assertMatch(short, /^out-of-memory: ./);
  assertEquals(free, "1048576 voxels");
});
