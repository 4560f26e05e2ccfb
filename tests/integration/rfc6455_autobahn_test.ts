/** Each case of Autobahn's suite for servers, but for those of compression, which the runtime does not negotiate. */
import { assertEquals } from "@std/assert";
import { ANSWERED_CLOSES, CLOSE_PAYLOADS } from "./rfc6455_close_cases.ts";
import { AROUND_CONTROL_FRAMES, OUT_OF_ORDER } from "./rfc6455_fragments_cases.ts";
import { FRAMING, PINGS, RESERVED_BITS, RESERVED_OPCODES } from "./rfc6455_framing_cases.ts";
import { FAULTS } from "./rfc6455_runtime_faults.ts";
import { LARGE_IN_FRAGMENTS, LARGE_IN_PIECES, LARGE_MESSAGES, VOLLEYS } from "./rfc6455_sizes_cases.ts";
import { INVALID_BEGINNINGS, INVALID_FRAMES, INVALID_TEXTS, VALID_TEXTS } from "./rfc6455_utf8_cases.ts";

/** How many cases each part of the suite has. Parts that it leaves out in its numbers are left out here, too. */
const PARTS: Readonly<Record<string, readonly (readonly [part: string, cases: number])[]>> = {
  "framing": [["1.1", 8], ["1.2", 8]],
  "pings and pongs": [["2", 11]],
  "reserved bits": [["3", 7]],
  "opcodes": [["4.1", 5], ["4.2", 5]],
  "fragments": [["5", 20]],
  "UTF-8": [3, 4, 2, 4, 5, 11, 4, 2, 4, 3, 5, 8, 5, 10, 1, 3, 5, 5, 5, 7, 8, 34, 7].map((cases, i) =>
    [`6.${i + 1}`, cases] as const
  ),
  "closes": [["7.1", 6], ["7.3", 6], ["7.5", 1], ["7.7", 13], ["7.9", 9], ["7.13", 2]],
  "sizes": [6, 6, 9, 9, 6, 6, 6, 6].map((cases, i) => [`9.${i + 1}`, cases] as const),
  "miscellaneous": [["10.1", 1]],
};

/** All that is tried over a socket, and what the runtime fails. */
const TRIED: readonly { readonly autobahn?: string }[] = [
  ...[FRAMING, PINGS, RESERVED_BITS, RESERVED_OPCODES, AROUND_CONTROL_FRAMES, OUT_OF_ORDER, VALID_TEXTS],
  ...[INVALID_TEXTS, INVALID_BEGINNINGS, INVALID_FRAMES, ANSWERED_CLOSES, CLOSE_PAYLOADS, LARGE_MESSAGES],
  ...[LARGE_IN_FRAGMENTS, LARGE_IN_PIECES, VOLLEYS, FAULTS],
].flat();

Deno.test("each of the 301 cases of Autobahn's sections 1 to 7, 9 and 10 has a case here, and none has two", () => {
  const numbers = Object.values(PARTS).flat().flatMap(([part, cases]) =>
    Array.from({ length: cases }, (_, i) => `${part}.${i + 1}`)
  );
  assertEquals(numbers.length, 301);
  const tried = TRIED.flatMap(({ autobahn }) => autobahn ?? []);
  assertEquals(tried.toSorted(), numbers.toSorted());
});
