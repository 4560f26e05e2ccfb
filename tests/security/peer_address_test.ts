import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { peerAddress } from "../../src/security/mod.ts";
import { runs } from "../support/runs.ts";
import { request } from "./auth_fixture.ts";

const TRUSTED = ["10.0.0.0/8", "2001:db8:1::/48"];

function peer(remote: string, forwarded?: string, trusted: readonly string[] = TRUSTED): string {
  return peerAddress(
    request(forwarded === undefined ? {} : { "x-forwarded-for": forwarded }),
    remote,
    trusted,
  );
}

Deno.test("without a trusted proxy the header is not looked at", () => {
  assertEquals(peer("198.51.100.1", "192.0.2.1"), "198.51.100.1");
  assertEquals(peer("10.0.0.1", "192.0.2.1", []), "10.0.0.1");
});

Deno.test("a trusted proxy's word is taken: the rightmost address that is no trusted proxy", () => {
  assertEquals(peer("10.0.0.1", "192.0.2.1"), "192.0.2.1");
  assertEquals(peer("10.0.0.1", "203.0.113.9, 192.0.2.1"), "192.0.2.1");
  assertEquals(peer("10.0.0.1", "203.0.113.9, 192.0.2.1, 10.0.0.2"), "192.0.2.1");
  assertEquals(peer("2001:db8:1::1", "2001:db8:2::7"), "2001:db8:2::7");
  assertEquals(peer("::ffff:10.0.0.1", "::ffff:192.0.2.1"), "192.0.2.1");
});

Deno.test("what a client writes left of its own address changes nothing", () => {
  for (const forged of ["127.0.0.1", "10.0.0.9", "x", "", "10.0.0.1, 10.0.0.1"]) {
    assertEquals(peer("10.0.0.1", `${forged}, 192.0.2.1`), "192.0.2.1", forged);
  }
});

Deno.test("where all are proxies the first of them counts, and where there is no header the socket's peer", () => {
  assertEquals(peer("10.0.0.1", "10.0.0.3, 10.0.0.2"), "10.0.0.3");
  assertEquals(peer("10.0.0.1"), "10.0.0.1");
  assertEquals(peer("10.0.0.1", ""), "10.0.0.1");
});

Deno.test("of a header that is too long the end is read, so a long one does not pass for the proxy", () => {
  for (const characters of [2040, 2048, 2049, 3000, 100_000]) {
    for (const filler of ["x", "10.0.0.1,", "127.0.0.1, "]) {
      const forged = filler.repeat(Math.ceil(characters / filler.length)).slice(0, characters);
      assertEquals(peer("10.0.0.1", `${forged}, 192.0.2.1`), "192.0.2.1", `${filler} ${characters}`);
    }
  }
  // An entry that is cut in two is none.
  assertEquals(peer("10.0.0.1", `1${" ".repeat(2040)}92.0.2.1`), "10.0.0.1");
  assertEquals(peer("10.0.0.1", `1${" ".repeat(2020)}92.0.2.1, 10.0.0.2, 10.0.0.3`), "10.0.0.2");
});

Deno.test("an entry that is no address stands for the proxy that wrote it; ports are cut off", () => {
  assertEquals(peer("10.0.0.1", "unknown"), "10.0.0.1");
  assertEquals(peer("10.0.0.1", "192.0.2.1, _hidden, 10.0.0.2"), "10.0.0.2");
  assertEquals(peer("10.0.0.1", "192.0.2.1:4711"), "192.0.2.1");
  assertEquals(peer("10.0.0.1", "[2001:db8:2::7]:4711"), "2001:db8:2::7");
});

Deno.test("a header of great length or with many hops costs little and frees nobody", () => {
  assertEquals(peer("10.0.0.1", "192.0.2.1, ".repeat(1000)), "10.0.0.1");
  assertEquals(peer("10.0.0.1", new Array(40).fill("10.0.0.2").join(",")), "10.0.0.2");
});

Deno.test("a peer that is no address, as on a Unix socket, is left as it is", () => {
  assertEquals(peer("/run/voxcast.sock", "192.0.2.1"), "/run/voxcast.sock");
});

Deno.test("property: behind one trusted proxy nothing that a client sends changes what is taken for its address", () => {
  const text = fc.stringMatching(/^[\x20-\x7e]{0,60}$/);
  fc.assert(
    fc.property(text, fc.ipV4().filter((address) => !address.startsWith("10.")), (forged, mine) => {
      // The proxy appends the address that it sees.
      assertEquals(peer("10.0.0.1", `${forged}, ${mine}`), mine);
    }),
    { numRuns: runs(300) },
  );
});
