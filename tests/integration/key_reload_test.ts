import { assertEquals } from "@std/assert";
import { seededRandom, systemClock } from "../../src/observe/mod.ts";
import { type NewKey, newKey, writeKeysFile } from "../../src/security/mod.ts";
import { needs, testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";
import { OPCODE } from "./raw_frame.ts";
import { GONE, RawSocket } from "./raw_socket.ts";
import { assertAlive, closeCode, portOf } from "./rfc6455_case.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";

const need = serverNeeds.ignore ? serverNeeds : await needs({ read: "tmp" }, { write: "tmp" });
const random = seededRandom(5);

function made(id: string): NewKey {
  const options = { id, role: "owner", worlds: "all", signing: false } as const;
  return newKey(options, { clock: systemClock, random });
}

/** Shakes hands with a key; the status is that of the answer. */
function connect(server: RunningServer, { key }: NewKey, path: string): Promise<RawSocket> {
  return RawSocket.connect(portOf(server), { path, headers: { Authorization: `Bearer ${key}` } });
}

/** Texts that come until the server closes, and its code. */
async function untilClosed(socket: RawSocket): Promise<readonly [texts: string[], code: number | undefined]> {
  const texts: string[] = [];
  while (true) {
    const frame = await socket.readFrame();
    if (frame === GONE) return [texts, undefined];
    if (frame.opcode === OPCODE.CLOSE) return [texts, closeCode(frame)];
    if (frame.opcode === OPCODE.TEXT) texts.push(new TextDecoder().decode(frame.payload));
  }
}

testWith(
  need,
  "a running server takes new keys, and closes whoever came by one that is gone, on every path",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "voxcast_reload_" });
    try {
      const keysFile = `${folder}/keys.json`;
      const [stays, goes, comes] = [made("stays"), made("goes"), made("comes")];
      await writeKeysFile(keysFile, [stays.stored, goes.stored]);
      await using server = await RunningServer.start({
        "security.keysFile": keysFile,
        "security.trustProxy": ["127.0.0.1"],
        "security.maxAuthFailures": 100,
      });
      for (const path of ["/ws/render", "/ws/stream_features", "/ws/heartbeat"]) {
        using honest = await connect(server, stays, path);
        using guest = await connect(server, goes, path);
        assertEquals([honest.response.status, guest.response.status], [101, 101]);
        await Deno.writeTextFile(keysFile, "{");
        await server.app.reloadKeys();
        await assertAlive(guest);
        await writeKeysFile(keysFile, [stays.stored, comes.stored]);
        const [texts, code] = await untilClosed(guest);
        assertEquals(code, 4003);
        assertEquals(texts.map((text) => JSON.parse(text)).map(({ type, data }) => [type, data.code]), [
          ["ERROR", "UNAUTHORIZED"],
        ]);
        await assertAlive(honest);
        using newcomer = await connect(server, comes, path);
        assertEquals(newcomer.response.status, 101);
        using again = await connect(server, goes, path);
        assertEquals(again.response.status, 401);
        await writeKeysFile(keysFile, [stays.stored, goes.stored]);
        await waitFor(async () => {
          using back = await connect(server, goes, path);
          return back.response.status === 101;
        }, { what: "the key to be taken again", intervalMs: 100 });
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
