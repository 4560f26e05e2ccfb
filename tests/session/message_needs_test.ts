import { assert, assertEquals } from "@std/assert";
import { ROLES } from "../../src/security/mod.ts";
import { MESSAGE_NEEDS } from "../../src/session/mod.ts";

Deno.test("every message of the protocol says what it needs, and nothing else does", async () => {
  const readme = await Deno.readTextFile(new URL("../../src/protocol/client_message.ts", import.meta.url));
  const texts = [...readme.matchAll(/\["([A-Z]+)", (?:read|\()/g)].map(([, name]) => name!);
  const types = [...texts, "KNOWN", "VERIFY"];
  assertEquals(Object.keys(MESSAGE_NEEDS).map((name) => name.replaceAll("_", "")).sort(), types.sort());
  for (const [type, { role }] of Object.entries(MESSAGE_NEEDS)) {
    assert(role === "public" || ROLES.includes(role), `${type} needs ${role}`);
  }
});

Deno.test("without a credential only the handshake and signs of life are taken", () => {
  const open = Object.entries(MESSAGE_NEEDS).filter(([, { role }]) => role === "public").map(([type]) =>
    type
  );
  assertEquals(open.sort(), ["AUTH", "CLOSE", "HEARTBEAT", "INIT", "PING", "PONG"]);
});
