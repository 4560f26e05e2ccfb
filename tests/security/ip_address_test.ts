import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  addressGroup,
  formatIpAddress,
  isInNetwork,
  parseIpAddress,
  parseIpNetwork,
} from "../../src/security/ip_address.ts";
import { runs } from "../support/runs.ts";

function canonical(text: string): string | undefined {
  const address = parseIpAddress(text);
  return address && formatIpAddress(address);
}

function isIn(address: string, network: string): boolean {
  return isInNetwork(parseIpAddress(address)!, parseIpNetwork(network)!);
}

Deno.test("an address is read in every form that it has, and written in one", () => {
  const forms: Record<string, readonly string[]> = {
    "127.0.0.1": [
      "127.0.0.1",
      "::ffff:127.0.0.1",
      "::ffff:7f00:1",
      "[::ffff:127.0.0.1]",
      "0:0:0:0:0:ffff:7f00:0001",
    ],
    "2001:db8::1": ["2001:db8::1", "2001:0DB8:0:0:0:0:0:1", "[2001:db8::1]", "2001:db8::1%eth0"],
    "::1": ["::1", "[::1]", "0:0:0:0:0:0:0:1", "::0.0.0.1"],
    "::": ["::"],
    "fe80::1": ["fe80::1%en0"],
  };
  for (const [text, all] of Object.entries(forms)) {
    for (const form of all) assertEquals(canonical(form), text, form);
  }
});

Deno.test("what is no address is none", () => {
  const texts = [
    "",
    "x",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "01.2.3.4",
    "1.2.3.4/8",
    ":::",
    "1::2::3",
    "g::1",
    "1:2:3:4:5:6:7:8:9",
  ];
  for (
    const text of [
      ...texts,
      "127.1",
      "0x7f.0.0.1",
      "2130706433",
      " 1.2.3.4",
      "[::1",
      "localhost",
      "::1]/@evil",
      "١.2.3.4",
    ]
  ) {
    assertEquals(parseIpAddress(text), undefined, text);
  }
});

Deno.test("networks: IPv4, IPv6, IPv4 in IPv6 clothes, a single address, everything", () => {
  assert(isIn("10.1.2.3", "10.0.0.0/8") && !isIn("11.0.0.0", "10.0.0.0/8"));
  assert(isIn("::ffff:10.1.2.3", "10.0.0.0/8") && isIn("10.1.2.3", "::ffff:10.0.0.0/104"));
  assert(isIn("2001:db8:1::5", "2001:db8::/32") && !isIn("2001:db9::", "2001:db8::/32"));
  assert(isIn("192.0.2.1", "192.0.2.1") && !isIn("192.0.2.2", "192.0.2.1"));
  assert(isIn("192.0.2.1", "192.0.2.9/28") && isIn("255.255.255.255", "0.0.0.0/0"));
  assert(!isIn("192.0.2.1", "::/0"), "IPv4 is not in IPv6");
  for (
    const text of [
      "10.0.0.0/33",
      "10.0.0.0/",
      "10.0.0.0/-1",
      "::/129",
      "10.0.0.0/8/8",
      "x/8",
      "::ffff:10.0.0.0/95",
    ]
  ) {
    assertEquals(parseIpNetwork(text), undefined, text);
  }
});

Deno.test("an IPv6 /64 counts as one address, an IPv4 address as itself in every form", () => {
  assertEquals(addressGroup("2001:db8:1:2:3:4:5:6"), addressGroup("2001:db8:1:2::9"));
  assertEquals(addressGroup("2001:db8:1:2::9"), "2001:db8:1:2::/64");
  assertEquals(addressGroup("2001:db8:1:3::9"), "2001:db8:1:3::/64");
  assertEquals(addressGroup("::ffff:192.0.2.1"), "192.0.2.1");
  assertEquals(addressGroup("/run/voxcast.sock"), "/run/voxcast.sock");
});

Deno.test("property: every address survives being written and read, and lies in each network of its own", () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV6(), fc.nat(32), fc.nat(128), (v4, v6, prefix4, prefix6) => {
      assertEquals(canonical(v4), v4);
      const text = canonical(v6)!;
      assertEquals(canonical(text), text);
      assert(isIn(v4, `${v4}/${prefix4}`));
      if (text.includes(":")) assert(isIn(v6, `${v6}/${prefix6}`));
    }),
    { numRuns: runs(300) },
  );
});

Deno.test("property: no text makes the reading of addresses fail", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.[\]%/]{0,50}$/)), (text) => {
      parseIpAddress(text);
      parseIpNetwork(text);
      addressGroup(text);
    }),
    { numRuns: runs(500) },
  );
});
