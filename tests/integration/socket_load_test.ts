/** The parts of `deno task prove` that load a server with connections, at a small size. */
import { assert, assertEquals } from "@std/assert";
import { attackPart } from "../prove/attack_part.ts";
import { cyclesPart } from "../prove/cycles_part.ts";
import { floodPart } from "../prove/flood_part.ts";
import { FrameCounter } from "../prove/frame_counter.ts";
import { runLoad } from "../prove/load.ts";
import { MeasuredServer } from "../prove/measured_server.ts";
import { needs, testWith } from "../support/needs.ts";
import { encodeFrame } from "./raw_frame.ts";

const need = await needs({ net: "127.0.0.1" }, { read: true }, { run: "deno" });

testWith(
  need,
  "connections that come and go in every way leave no memory and no descriptors behind",
  async () => {
    const { ok, summary } = await cyclesPart(400);
    assert(ok, summary);
  },
);

testWith(need, "clients are served while others connect as fast as they can", async () => {
  const { summary } = await floodPart(0.2);
  assert(summary.includes("12 of 12 clients"), summary);
});

testWith(
  need,
  "attacks with fragments, large messages and claims end, and memory is back while they stay",
  async () => {
    const { ok, summary } = await attackPart({
      attackMiB: 64,
      limitMiB: 48,
      oversized: 1,
      claims: 50,
      isTogether: true,
    });
    assert(ok, summary);
  },
);

testWith(need, "the loads of the benchmarks count what is answered", async () => {
  await using server = await MeasuredServer.start("bare");
  const common = { port: server.port, path: "/", sockets: 4, warmMs: 50, measureMs: 200 } as const;
  const echo = await runLoad({ ...common, kind: "echo", window: 4, text: "x".repeat(200) });
  assert(echo.answers > 0 && echo.perSecond >= 0, JSON.stringify(echo));
  const paced = await runLoad({ ...common, kind: "paced", perSecond: 200, text: "hello" });
  assertEquals(paced.perSecond, 200, "all that were due are answered, however late");
  assert(paced.p50Ms <= paced.p99Ms && paced.p99Ms <= paced.maxMs, JSON.stringify(paced));
});

Deno.test("frames are counted wherever the stream of bytes is cut", () => {
  const sizes = [0, 1, 125, 126, 300, 65_535];
  const frames = sizes.map((size) =>
    encodeFrame({ opcode: 2, payload: new Uint8Array(size), masked: false })
  );
  const bytes = Uint8Array.from(frames.flatMap((frame) => [...frame]));
  for (const cut of [1, 2, 3, 5, 127, 1000, bytes.length]) {
    const counter = new FrameCounter();
    let count = 0;
    for (let from = 0; from < bytes.length; from += cut) {
      count += counter.add(bytes.subarray(from, from + cut));
    }
    assertEquals(count, sizes.length, `in pieces of ${cut}`);
  }
});
