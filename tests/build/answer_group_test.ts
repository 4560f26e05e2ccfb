import { assertEquals } from "@std/assert";
import { AnswerGroup } from "../../src/build/cpu/answer_group.ts";
import type { TaskAnswer } from "../../src/build/cpu/worker_messages.ts";
import { emptyTree } from "../../src/tree/mod.ts";

/** Ids of the answers of each message, and the bytes that moved with it. */
function collector(): { group: AnswerGroup; messages: { ids: number[]; bytes: number }[] } {
  const messages: { ids: number[]; bytes: number }[] = [];
  const group = new AnswerGroup((answers, transfer) => {
    const bytes = transfer.reduce((sum, { byteLength }) => sum + byteLength, 0);
    messages.push({ ids: answers.map(({ id }) => id), bytes });
  });
  return { group, messages };
}

function answer(id: number, payloadBytes: number): TaskAnswer {
  const payloads = [[0, new Uint8Array(payloadBytes)] as const];
  return { type: "done", id, tree: emptyTree("esvo", 3), payloads, tookMs: 1 };
}

Deno.test("Answers within four milliseconds share a message, later ones are sent at once", () => {
  const { group, messages } = collector();
  group.begin(1000);
  group.add(answer(0, 1), 1001);
  group.add(answer(1, 2), 1003.9);
  assertEquals(messages, []);
  group.add(answer(2, 3), 1004);
  group.add(answer(3, 4), 1009);
  group.add(answer(4, 5), 1010);
  group.flush(1011);
  // Four counts of an empty tree are 16 bytes.
  assertEquals(messages, [
    { ids: [0, 1, 2], bytes: 48 + 6 },
    { ids: [3], bytes: 16 + 4 },
    { ids: [4], bytes: 16 + 5 },
  ]);
});

Deno.test("Answers of a mebibyte together are sent at once", () => {
  const { group, messages } = collector();
  group.begin(0);
  group.add(answer(0, 2 ** 20 - 33), 1);
  assertEquals(messages, []);
  group.add(answer(1, 1), 1);
  assertEquals(messages.map(({ ids }) => ids), [[0, 1]]);
  group.add(answer(2, 1), 1);
  assertEquals(messages.length, 1);
});

Deno.test("Failures are answered in turn, and nothing is sent when there is nothing to tell", () => {
  const { group, messages } = collector();
  group.flush(0);
  assertEquals(messages, []);
  group.add({ type: "failed", id: 5, name: "RangeError", message: "no" }, 0);
  group.add(answer(6, 0), 0);
  group.flush(1);
  group.flush(2);
  assertEquals(messages, [{ ids: [5, 6], bytes: 16 }]);
});
