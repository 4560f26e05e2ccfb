import { assertEquals, assertRejects } from "@std/assert";
import { SharedWork } from "../../src/snapshot/shared_work.ts";

/** Work that is ended by hand, and how often it was begun. */
function byHand() {
  const begun: (PromiseWithResolvers<string> & { readonly signal: AbortSignal })[] = [];
  const work = (signal: AbortSignal): Promise<string> => {
    const piece = { ...Promise.withResolvers<string>(), signal };
    begun.push(piece);
    return piece.promise;
  };
  return { begun, work };
}

Deno.test("those who ask for the same share one piece of work, others have their own", async () => {
  const shared = new SharedWork<string>();
  const { begun, work } = byHand();
  const answers = [
    shared.do("a", undefined, work),
    shared.do("a", undefined, work),
    shared.do("b", undefined, work),
  ];
  assertEquals([begun.length, shared.size, shared.has("a"), shared.has("c")], [2, 2, true, false]);
  begun[0]!.resolve("one");
  begun[1]!.resolve("two");
  assertEquals(await Promise.all(answers), ["one", "one", "two"]);
  assertEquals(shared.size, 0);
});

Deno.test("a failure goes to all who wait, and the next one begins anew", async () => {
  const shared = new SharedWork<string>();
  const { begun, work } = byHand();
  const answers = [shared.do("a", undefined, work), shared.do("a", undefined, work)];
  begun[0]!.reject(new Error("failed"));
  for (const answer of answers) await assertRejects(() => answer, Error, "failed");
  const again = shared.do("a", undefined, work);
  begun[1]!.resolve("now");
  assertEquals([await again, begun.length], ["now", 2]);
});

Deno.test("who goes is told why at once, and the work ends with the last who waits", async () => {
  const shared = new SharedWork<string>();
  const { begun, work } = byHand();
  const [first, second] = [new AbortController(), new AbortController()];
  const answers = [shared.do("a", first.signal, work), shared.do("a", second.signal, work)];
  first.abort(new Error("first gone"));
  await assertRejects(() => answers[0]!, Error, "first gone");
  assertEquals([begun[0]!.signal.aborted, shared.size], [false, 1]);
  second.abort(new Error("second gone"));
  await assertRejects(() => answers[1]!, Error, "second gone");
  assertEquals([begun[0]!.signal.aborted, shared.size], [true, 0]);
  // What the given-up work comes to troubles nobody.
  begun[0]!.reject(new Error("given up"));
  await assertRejects(() => shared.do("a", second.signal, work), Error, "second gone");
  assertEquals(begun.length, 1);
});
