import { assertEquals, assertRejects } from "@std/assert";
import { TraceError } from "../../src/trace/mod.ts";
import { TurnQueue } from "../../src/trace/turn_queue.ts";

/** Work that ends when it is told to, and notes begin and end. */
function workOf(log: string[]) {
  const ends = new Map<string, () => void>();
  return {
    end: (name: string) => ends.get(name)!(),
    work: (name: string) => async () => {
      log.push(`${name} begins`);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      log.push(`${name} ends`);
      return name;
    },
  };
}

Deno.test("one works at a time, in the order of asking, also whoever asks just as a turn ends", async () => {
  const log: string[] = [];
  const { work, end } = workOf(log);
  const queue = new TurnQueue(5, "pictures");
  const first = queue.run(work("first"), undefined);
  const second = queue.run(work("second"), undefined);
  const third = first.then(() => queue.run(work("third"), undefined));
  assertEquals(queue.waiting, 1);
  end("first");
  await first;
  // The second has the turn already, though it may not have begun.
  const fourth = queue.run(work("fourth"), undefined);
  for (const name of ["second", "third", "fourth"]) {
    while (!log.includes(`${name} begins`)) await Promise.resolve();
    end(name);
  }
  assertEquals(await Promise.all([second, third, fourth]), ["second", "third", "fourth"]);
  assertEquals(log.length, 8);
  for (let i = 0; i < 8; i += 2) assertEquals(log[i]!.split(" ")[0], log[i + 1]!.split(" ")[0]);
});

Deno.test("who gives up waiting is passed over, and work that fails ends its turn", async () => {
  const log: string[] = [];
  const { work, end } = workOf(log);
  const queue = new TurnQueue(2, "pictures");
  const failed = Promise.withResolvers<void>();
  const failing = queue.run(() => failed.promise, undefined);
  const controller = new AbortController();
  const given = queue.run(work("given"), controller.signal);
  const last = queue.run(work("last"), undefined);
  const error = await assertRejects(
    () => queue.run(work("more"), undefined),
    TraceError,
    "2 pictures are waiting",
  );
  assertEquals(error.kind, "busy");
  controller.abort(new Error("gone away"));
  await assertRejects(() => given, Error, "gone away");
  failed.reject(new Error("failed"));
  await assertRejects(() => failing, Error, "failed");
  while (!log.includes("last begins")) await Promise.resolve();
  end("last");
  assertEquals([await last, log, queue.waiting], ["last", ["last begins", "last ends"], 0]);
  await assertRejects(() => queue.run(work("late"), controller.signal), Error, "gone away");
});
