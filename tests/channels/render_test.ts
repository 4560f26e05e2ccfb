import { assert, assertEquals } from "@std/assert";
import { createRenderProfile } from "../../src/channels/mod.ts";
import { parseClientMessage, VoxcastError } from "../../src/protocol/mod.ts";
import {
  type ChannelMessage,
  type Connection,
  ConnectionRegistry,
  type Profile,
} from "../../src/session/mod.ts";
import { FakeClient, StreamFixture, wholeView } from "../streaming/stream_fixture.ts";

const POINT = ([x, y, z]: readonly [number, number, number]) => ({ x, y, z });
const { eye, lookAt, up, ...optics } = wholeView();
const VIEWPORT = { ...optics, eye: POINT(eye), lookAt: POINT(lookAt), up: POINT(up) };

interface Channel {
  readonly fixture: StreamFixture;
  readonly profile: Profile<Connection>;
  readonly client: FakeClient;
  /** Sends REGISTER_CLIENT and gives back the answer's `data`. */
  register(fields?: Record<string, unknown>): Record<string, unknown>;
}

/** The render channel over a world `w` of kind ESVO and a world `t` of kind ESVT, one voxel in each. */
function setUp(): Channel {
  const fixture = new StreamFixture();
  const other = fixture.worlds.create("t", { level: 2, depth: 3, kind: "esvt" });
  fixture.streamer.addWorld(other);
  fixture.paint(1, 1, 1, 0xff0000ff);
  const profile = createRenderProfile({
    worlds: fixture.worlds,
    streamer: fixture.streamer,
    defaultWorld: "w",
    lodThresholds: [75, 110],
    connections: new ConnectionRegistry({
      maxConnections: 10,
      maxPerAddress: 10,
      maxPerWorld: 10,
      maxUnauthenticated: 10,
      maxUnauthenticatedPerAddress: 10,
      isExempt: () => false,
    }),
    grants: {},
    now: () => fixture.clock.now(),
  });
  const client = new FakeClient("c");
  function register(fields: Record<string, unknown> = {}): Record<string, unknown> {
    const message = { type: "REGISTER_CLIENT", clientId: "me", id: "1", viewport: VIEWPORT, ...fields };
    profile.onMessage(client.connection, parseClientMessage(JSON.stringify(message)) as ChannelMessage);
    return JSON.parse(client.texts.at(-1)!).data;
  }
  return { fixture, profile, client, register };
}

Deno.test("a client is streamed the kind that it registers with, and REGISTERED tells it", async () => {
  for (const [kind, format] of [["esvo", 1], ["esvt", 2], ["ESVT", 2]] as const) {
    const { fixture, client, register } = setUp();
    assertEquals(register({ kind }).kind, kind.toLowerCase());
    await fixture.clock.advanceAsync(100);
    assertEquals(client.frames.map(({ header }) => header.format), [format]);
    fixture.streamer.dispose();
  }
});

Deno.test("a client that names no kind gets the world's own", () => {
  const { fixture, client, register } = setUp();
  assertEquals(register().kind, "esvo");
  assertEquals(register({ world: "t" }).kind, "esvt");
  assertEquals(register({ world: "t", kind: null }).kind, "esvt");
  assertEquals(fixture.streamer.streamOf(client.connection)?.kind, "esvt");
  assertEquals(register({ world: "t", kind: "esvo" }).kind, "esvo", "it can be had in any kind");
  fixture.streamer.dispose();
});

Deno.test("registering again with another kind moves the client within the world", async () => {
  const { fixture, client, register } = setUp();
  register({ kind: "esvo" });
  await fixture.clock.advanceAsync(100);
  register({ kind: "esvt" });
  await fixture.clock.advanceAsync(100);
  assertEquals(client.frames.map(({ header }) => header.format), [1, 2]);
  fixture.paint(1, 1, 1, 0xff00ff00);
  await fixture.clock.advanceAsync(100);
  assertEquals(client.frames.map(({ header }) => header.format), [1, 2, 2], "no frame of the old kind");
  fixture.streamer.dispose();
});

Deno.test("a kind that there is none of is answered with ERROR, and the stream goes on as it was", async () => {
  const { fixture, client, register } = setUp();
  register({ kind: "esvt" });
  for (const kind of ["mesh", "", 1, ["esvo"], {}]) {
    let error: unknown;
    try {
      register({ kind });
    } catch (thrown) {
      error = thrown;
    }
    assert(error instanceof VoxcastError, JSON.stringify(kind));
    assertEquals([error.code, error.ref], ["INVALID_FIELD", "1"]);
  }
  await fixture.clock.advanceAsync(100);
  assertEquals(client.frames.map(({ header }) => header.format), [2]);
  fixture.streamer.dispose();
});
