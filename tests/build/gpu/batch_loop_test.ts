import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { GpuReplyMessage } from "../../../src/build/gpu/worker_messages.ts";
import { GpuError } from "../../../src/gpu/gpu_error.ts";
import { runs } from "../../support/runs.ts";
import { answers, type FakeGpuOptions, fakeJob, fakeLoop } from "./fake_gpu.ts";

function jobs(count: number, voxels: number = 1) {
  return Array.from({ length: count }, (_, id) => fakeJob(id, voxels));
}

function ids(count: number): string[] {
  return Array.from({ length: count }, (_, id) => String(id));
}

function typesOf(posted: readonly GpuReplyMessage[]): string[] {
  return posted.map(({ type }) => type);
}

Deno.test("one batch is uploaded while the device works, and taken apart while it works on the next", async () => {
  const { loop, log, posted } = fakeLoop([{}]);
  await loop.start();
  await loop.add(jobs(7));
  assertEquals(log, [
    ...["open", "upload 0,1", "submit 0,1", "upload 2,3"],
    ...["collect 0,1", "submit 2,3", "take 0,1", "upload 4,5"],
    ...["collect 2,3", "submit 4,5", "take 2,3", "upload 6"],
    ...["collect 4,5", "submit 6", "take 4,5", "collect 6", "take 6"],
  ]);
  assertEquals(answers(posted), ids(7));
  assertEquals(posted.filter(({ type }) => type === "batch").length, 4);
});

Deno.test("jobs that come before the device is open are built when it is", async () => {
  const { loop, posted } = fakeLoop([{}]);
  await loop.add(jobs(3));
  assertEquals(posted, []);
  await loop.start();
  assertEquals(posted[0], { type: "opened", adapter: { name: "Fake 1", isSoftware: false } });
  assertEquals(answers(posted), ids(3));
});

Deno.test("no jobs make no batch", async () => {
  const { loop, log, posted } = fakeLoop([{}]);
  await loop.start();
  await loop.add([]);
  assertEquals([log, typesOf(posted)], [["open"], ["opened"]]);
});

Deno.test("a device that cannot be had is told, and the jobs that waited for it are returned", async () => {
  const { loop, posted } = fakeLoop([new GpuError("shader", "shaders/build/mark.wgsl:7: unknown name")]);
  await loop.add(jobs(2));
  await loop.start();
  assertEquals(
    answers(posted),
    ids(2).map((id) => `returned ${id}: shaders/build/mark.wgsl:7: unknown name`),
  );
  assertEquals(posted.at(-1), {
    type: "refused",
    kind: "shader",
    message: "shaders/build/mark.wgsl:7: unknown name",
  });
});

Deno.test("a device lost in mid-batch is replaced and the same jobs go out again", async () => {
  const losing: FakeGpuOptions = {
    onCollect: (gpu, [id]) => {
      if (id !== 2) return;
      gpu.isLost = true;
      throw new GpuError("lost", "fell off the bus");
    },
  };
  const { loop, log, posted, gpus } = fakeLoop([losing, {}]);
  await loop.start();
  await loop.add(jobs(6));
  assertEquals(answers(posted), ids(6));
  assertEquals(log.slice(log.indexOf("collect 2,3")), [
    ...["collect 2,3", "close", "open", "upload 2,3", "submit 2,3", "upload 4,5"],
    ...["collect 2,3", "submit 4,5", "take 2,3", "collect 4,5", "take 4,5"],
  ]);
  assert(gpus[0]!.isClosed && !gpus[1]!.isClosed);
  assertEquals(posted.filter(({ type }) => type === "lost"), [{ type: "lost", message: "fell off the bus" }]);
});

Deno.test("what a lost device gave back is not believed, whatever error or result it is", async () => {
  for (const error of [undefined, new GpuError("validation", "invalid buffer"), new TypeError("odd")]) {
    const losing: FakeGpuOptions = {
      outcome: () => new RangeError("rubbish"),
      onCollect: (gpu) => {
        gpu.isLost = true;
        if (error !== undefined) throw error;
      },
    };
    const { loop, posted } = fakeLoop([losing, {}]);
    await loop.start();
    await loop.add(jobs(3));
    assertEquals(answers(posted), ids(3));
  }
});

Deno.test("after three new devices in a row without a batch the jobs in flight are returned, and the rest go on", async () => {
  const losing: FakeGpuOptions = {
    onCollect: (gpu) => {
      gpu.isLost = true;
    },
  };
  const { loop, log, posted } = fakeLoop([losing, losing, losing, losing, {}]);
  await loop.start();
  await loop.add(jobs(6));
  const reason = "The device was lost again and again: The device was lost";
  assertEquals(answers(posted), [...[0, 1, 2, 3].map((id) => `returned ${id}: ${reason}`), "4", "5"]);
  assertEquals(log.filter((line) => line === "open").length, 5);
  assertEquals(typesOf(posted).filter((type) => type === "failed"), ["failed"]);
});

Deno.test("when no new device can be had, all jobs are returned and the Worker is refused", async () => {
  const losing: FakeGpuOptions = {
    onCollect: (gpu) => {
      gpu.isLost = true;
    },
  };
  const { loop, posted } = fakeLoop([losing, new GpuError("no-adapter", "unplugged")]);
  await loop.start();
  await loop.add(jobs(7));
  assertEquals(answers(posted), ids(7).map((id) => `returned ${id}: unplugged`));
  assertEquals(posted.at(-1)!.type, "refused");
});

Deno.test("a batch without memory is halved until it fits", async () => {
  const { loop, log, posted } = fakeLoop([{ maxRegions: 8, memoryVoxels: 2 }]);
  await loop.start();
  await loop.add(jobs(8));
  assertEquals(answers(posted), ids(8));
  assertEquals(log.filter((line) => line.startsWith("submit")), [
    ...[
      "submit 0,1,2,3,4,5,6,7",
      "submit 0,1,2,3",
      "submit 0,1",
      "submit 2,3",
      "submit 4,5,6,7",
      "submit 4,5",
    ],
    "submit 6,7",
  ]);
  assert(!typesOf(posted).includes("failed"));
});

Deno.test("a region that finds no memory beside another batch is tried alone; one too large even then is returned", async () => {
  const { loop, posted } = fakeLoop([{ maxRegions: 1, memoryVoxels: 3 }]);
  await loop.start();
  await loop.add([fakeJob(0, 2), fakeJob(1, 2), fakeJob(2, 4), fakeJob(3, 3)]);
  assertEquals(answers(posted), ["0", "1", "returned 2: not enough memory", "3"]);
  assertEquals(typesOf(posted).filter((type) => type === "failed"), ["failed"]);
});

Deno.test("a batch that is refused returns its jobs with the reason, and the next goes on", async () => {
  const faulty: FakeGpuOptions = {
    onSubmit: (_, [id]) => {
      if (id === 0) throw new GpuError("validation", "buffer too large");
    },
    onCollect: (_, [id]) => {
      if (id === 2) throw new TypeError("a bug");
    },
  };
  const { loop, posted } = fakeLoop([faulty]);
  await loop.start();
  await loop.add(jobs(6));
  assertEquals(answers(posted), [
    ...[
      "returned 0: buffer too large",
      "returned 1: buffer too large",
      "returned 2: a bug",
      "returned 3: a bug",
      "4",
      "5",
    ],
  ]);
  const failed = posted.filter((message) => message.type === "failed");
  assertEquals(failed, [
    { type: "failed", kind: "validation", message: "buffer too large" },
    { type: "failed", kind: "internal", message: "a bug" },
  ]);
});

Deno.test("a job that is wrong is answered with its error, one that the GPU could not do with its samples", async () => {
  const outcome = (id: number) =>
    [undefined, new RangeError("Key 9 is not below 8"), new GpuError("internal", "no tree"), undefined][id];
  const { loop, posted } = fakeLoop([{ maxRegions: 4, outcome }]);
  await loop.start();
  await loop.add(jobs(4));
  assertEquals(answers(posted), ["0", "wrong RangeError: Key 9 is not below 8", "returned 2: no tree", "3"]);
});

Deno.test("answers go in messages of at most 32 and of about 2 MiB, with the buffers moved", async () => {
  const { loop, posted, transfers } = fakeLoop([{ maxRegions: 100 }]);
  await loop.start();
  await loop.add(jobs(70));
  const counts = () => posted.flatMap((message) => message.type === "built" ? [message.outcomes.length] : []);
  assertEquals(counts(), [32, 32, 6]);
  assertEquals(transfers[posted.findIndex(({ type }) => type === "built")], 4 * 32);
  const large = fakeLoop([new GpuError("internal", "nothing")]);
  // 9 bytes a voxel: two of them are under 2 MiB, three above.
  await large.loop.add(jobs(5, 100_000));
  await large.loop.start();
  posted.splice(0, posted.length, ...large.posted);
  assertEquals(counts(), [2, 2, 1]);
});

Deno.test("whatever fails, every job is answered once and in order", async () => {
  const fault = fc.constantFrom(
    "none",
    "none",
    "none",
    "lost",
    "lost quietly",
    "memory",
    "validation",
    "bug",
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 6 }),
      fc.array(fault, { maxLength: 30 }),
      fc.integer({ min: 1, max: 6 }),
      async (groups, faults, maxRegions) => {
        let at = 0;
        const onCollect: FakeGpuOptions["onCollect"] = (gpu) => {
          const now = faults[at++] ?? "none";
          if (now.startsWith("lost")) gpu.isLost = true;
          if (now === "lost") throw new GpuError("lost", now);
          if (now === "memory") throw new GpuError("out-of-memory", now);
          if (now === "validation") throw new GpuError("validation", now);
          if (now === "bug") throw new TypeError(now);
        };
        const { loop, posted } = fakeLoop([{ maxRegions, onCollect }]);
        const running = [loop.start()];
        let next = 0;
        for (const count of groups) {
          running.push(loop.add(Array.from({ length: count }, () => fakeJob(next++))));
          await Promise.resolve();
        }
        await Promise.all(running);
        const seen = answers(posted).map((answer) => Number(/^(?:returned )?(\d+)/.exec(answer)![1]));
        assertEquals(seen, Array.from({ length: next }, (_, id) => id));
      },
    ),
    { numRuns: runs(200) },
  );
});
