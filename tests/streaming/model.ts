import { assert, assertEquals } from "@std/assert";
import { FakeBuilder } from "./fake_builder.ts";
import { ModelClient, type ModelRegistration } from "./model_client.ts";
import type { Fill, Plan, Step } from "./model_plan.ts";
import { type FakeClient, StreamFixture } from "./stream_fixture.ts";

const BOUNDS = { maxBulkMessageBytes: 1024, maxBundleFrames: 4 };
const MAX_PENDING = 3;

/** The server of the model with its clients, and what must hold of it at every moment. */
export class Model {
  readonly fixture: StreamFixture;
  readonly builder: FakeBuilder;
  readonly clients: ModelClient[];
  /** What was put into the world, to be put in again after a restart. */
  readonly #filled: Fill[] = [];

  /** Sockets that nobody reads any more, and that the server has not been told of. */
  readonly #dead: ModelClient[] = [];
  /** Fetches of single regions that have no answer yet. */
  #fetching = 0;

  constructor({ depth, cacheBytes, clients, fills }: Plan) {
    this.fixture = new StreamFixture({
      depth,
      cacheBytes,
      maxPendingSendsPerClient: MAX_PENDING,
      ...BOUNDS,
      turnQuantumBytes: 2048,
      backpressureAfterMs: 300,
      slowConsumerTimeoutMs: 5000,
    });
    this.builder = new FakeBuilder(this.fixture);
    for (const one of fills) this.#fill(one);
    this.clients = clients.map((registration) => this.#join(registration));
  }

  async run(step: Step): Promise<void> {
    const { fixture, builder, clients } = this;
    const { clock, streamer } = fixture;
    if (step.do === "wait") await clock.advanceAsync(step.ms);
    else if (step.do === "fill") this.#fill(step);
    else if (step.do === "clear") fixture.world.apply({ kind: "clear" });
    else if (step.do === "restart") this.#restart();
    else if (step.do === "fetch") this.#fetch(step);
    else if (step.do === "build") {
      builder.begin(step.pick);
      if (step.end !== "not yet") builder.end(step.pick, step.end === "lost");
    } else {
      const client = clients[step.client]!;
      if (step.do === "join") clients[step.client] = this.#rejoin(client, step);
      else if (step.do === "leave") streamer.remove(client.socket.connection);
      else if (step.do === "socket") setSocket(client.socket, step.state);
      else if (!client.isRegistered) return;
      else if (step.do === "look") client.look(step.viewport);
      else if (step.do === "ack") client.acknowledge(step.part);
      else if (step.do === "verify") client.verify();
      else client.register(step.as);
    }
    await clock.advanceAsync(0);
    this.check();
  }

  /** What holds whenever nothing runs. */
  check(): void {
    const { streamer } = this.fixture;
    const { owed, delivered, superseded, leftView, dropped, pending } = streamer.ledger();
    const gone = Object.values(dropped).reduce((sum, frames) => sum + frames, 0);
    assertEquals(owed, delivered + superseded + leftView + gone + pending, "the ledger adds up");
    assertEquals(streamer.bulkStats().pool.lent, 0, "nothing is lent when nothing is being sent");
    // A frame a region of the view at most, and what has been put together and not left.
    let most = 0;
    for (const { socket } of [...this.clients, ...this.#dead]) {
      most += (streamer.streamOf(socket.connection)?.wanted ?? 0) + BOUNDS.maxBundleFrames;
    }
    assert(pending <= most, `${pending} frames wait, for ${most} places`);
    for (const client of this.clients) {
      client.checkMessages(BOUNDS);
      const { socket } = client;
      assert(!socket.isStuck || socket.bufferedAmount <= (MAX_PENDING + 1) * 70_000);
    }
  }

  /** Lets everything come to rest: all is built, all is read and acknowledged. */
  async quieten(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      this.builder.finish();
      for (const client of this.clients) {
        if (client.socket.isStuck) setSocket(client.socket, "drained");
        if (client.isRegistered) client.acknowledge(1);
      }
      await this.fixture.clock.advanceAsync(50);
      this.check();
    }
  }

  async end(): Promise<void> {
    const { streamer, cache, clock, requested } = this.fixture;
    await this.quieten(4000);
    const alive = this.clients.filter(({ isRegistered, socket }) => isRegistered && !socket.isBroken);
    for (const client of alive) client.verify();
    await this.quieten(4000);
    for (const client of alive) {
      assert(client.isRegistered, "whoever reads stays");
      assertEquals(client.verify(), 0);
      client.checkWorld();
    }
    const { owed, pending } = streamer.ledger();
    assertEquals(pending, 0, "nothing is owed any more");
    this.builder.finish();
    await clock.advanceAsync(3000);
    assertEquals([streamer.ledger().owed, requested.length], [owed, 0], "it stays quiet");
    assertEquals(this.#fetching, 0, "every fetch has its answer");
    for (const { socket } of [...this.clients, ...this.#dead]) streamer.remove(socket.connection);
    assertEquals(cache.stats().pinnedCount, 0, "all pins are given back");
    for (const key of this.fixture.world.regions.keys()) {
      assertEquals(streamer.interestIn(this.fixture.world, key), { seen: 0, size: 0 });
    }
    streamer.dispose();
    assertEquals(clock.pending, 0, "no timer is left");
  }

  #join(registration: ModelRegistration): ModelClient {
    const client = new ModelClient(this.fixture, this.fixture.socket(), registration);
    client.register();
    return client;
  }

  /** The socket dies, and the client comes again with what it held. */
  #rejoin(
    old: ModelClient,
    { as: registration, honesty, isSilent }: Pick<
      Extract<Step, { do: "join" }>,
      "as" | "honesty" | "isSilent"
    >,
  ): ModelClient {
    if (isSilent) {
      setSocket(old.socket, "stuck");
      this.#dead.push(old);
    } else this.fixture.streamer.remove(old.socket.connection);
    const client = new ModelClient(this.fixture, this.fixture.socket(), old.registration);
    for (const [key, held] of old.socket.held) client.socket.held.set(key, held);
    // What memory is too short for cannot be compared with what a client holds of it.
    const said = honesty === "corrupt" && this.fixture.cache.stats().trims > 0 ? "true" : honesty;
    client.register({ ...registration, kind: old.registration.kind }, said);
    return client;
  }

  #restart(): void {
    this.fixture.restart();
    this.clients.forEach((client, i) => {
      this.clients[i] = this.#rejoin(client, {
        as: client.registration,
        honesty: undefined,
        isSilent: false,
      });
    });
    for (const one of this.#filled.splice(0)) this.#fill(one);
  }

  /** Asks for one region as those do who poll. */
  #fetch({ pick, kind, lod, waitMs }: Extract<Step, { do: "fetch" }>): void {
    const { streamer, world } = this.fixture;
    const keys = [...world.regions.keys()];
    if (keys.length === 0) return;
    const key = keys[pick % keys.length]!;
    this.#fetching++;
    streamer.fetchRegion(world, { key, kind, lod, buildWaitMs: waitMs }).then(() => {
      this.#fetching--;
    });
  }

  /** Fills a box with noise, or with nothing. */
  #fill(fill: Fill): void {
    this.#filled.push(fill);
    const { at, edge, seed } = fill;
    const cells = 4 * 2 ** this.fixture.world.grid.depth;
    const positions: number[] = [];
    const colors: number[] = [];
    const materials: number[] = [];
    const corner = at.map((v) => v % cells);
    for (let i = 0; i < edge ** 3; i++) {
      const [x, y, z] = [i % edge, Math.floor(i / edge) % edge, Math.floor(i / edge ** 2)];
      const position = [corner[0]! + x, corner[1]! + y, corner[2]! + z];
      if (position.some((v) => v >= cells)) continue;
      positions.push(...position);
      const isHole = seed % 4 === 0 || Math.imul(i + seed, 2654435761) >>> 31 === 1;
      colors.push(isHole ? 0 : (0xff000000 | Math.imul(i + seed, 0x9e3779b1)) >>> 0);
      materials.push(seed % 3);
    }
    this.fixture.world.apply({
      kind: "patch",
      cells: {
        positions: Uint32Array.from(positions),
        colors: Uint32Array.from(colors),
        materials: Uint8Array.from(materials),
      },
    });
  }
}

function setSocket(socket: FakeClient, state: "stuck" | "drained" | "broken"): void {
  if (state === "broken") socket.isBroken = true;
  socket.isStuck = state === "stuck";
  if (state === "drained") socket.bufferedAmount = 0;
}
