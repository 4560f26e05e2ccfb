import type { Feature } from "../../src/protocol/mod.ts";
import { type RegionKey, regionMorton, regionOrigin } from "../../src/space/mod.ts";
import { TREE_VOX } from "../support/real_models.ts";
import { waitFor } from "../support/wait_for.ts";
import { RunningServer, WHOLE_WORLD } from "./running_server.ts";
import { StreamClient } from "./stream_client.ts";

/** Everything is wanted in full detail, however far it is, and built as often as it changes. */
const SHARP = {
  "streaming.lodThresholds": [10_000, 20_000, 30_000],
  // One region changes again and again, and nobody is to wait for it.
  "build.maxBuildsPerSecondPerRegion": 1000,
};
const ALL: readonly Feature[] = ["bundles", "parts", "refinements", "deltas"];
/** LOD of the coarse pass, as the configuration has it. */
const COARSE_LOD = 3;
/** Edge of the entity that moves, in world units and cells alike. */
const ENTITY_EDGE = 4;
const LEAST_FULL_BYTES = 8 * 1024;

/** A server with the tree, seen in full detail, all built: what comes when is then the streamer's doing alone. */
export async function treeServer(): Promise<RunningServer> {
  const server = await RunningServer.start(SHARP);
  await server.app.importFile(TREE_VOX);
  // Nobody waits for what nobody sees.
  await using client = await StreamClient.connect(server.socketUrl);
  await client.register(WHOLE_WORLD, []);
  await client.holds(server.app.defaultWorld);
  return server;
}

/** Bytes of a new client's frames up to the last that shows a region coarse and for the first time, and of all its frames. */
export interface PassBytes {
  readonly coarseBytes: number;
  readonly allBytes: number;
  readonly regions: number;
  /** Whether every region was shown coarse before any was shown finer. */
  readonly isFirst: boolean;
}

/** The whole tree to a new client, coarse first. */
export async function coarsePass({ app, socketUrl }: RunningServer): Promise<PassBytes> {
  await using client = await StreamClient.connect(socketUrl);
  await client.register(WHOLE_WORLD, ["refinements"]);
  await client.holds(app.defaultWorld);
  const { frames } = client;
  const isCoarse = ({ header }: typeof frames[number]) =>
    header.lod >= COARSE_LOD || header.payloadBytes === 0;
  const last = frames.findLastIndex(isCoarse);
  const coarse = new Set(frames.slice(0, last + 1).map(({ header }) => header.morton));
  const bytes = (some: typeof frames) => some.reduce((sum, frame) => sum + frame.bytes, 0);
  return {
    coarseBytes: bytes(frames.slice(0, last + 1)),
    allBytes: bytes(frames),
    regions: app.defaultWorld.regions.size,
    isFirst: coarse.size === app.defaultWorld.regions.size && frames.slice(0, last + 1).every(isCoarse),
  };
}

/** Time from the first byte of a new client's handshake until it has decoded the whole tree in full detail. */
export async function fullViewMs({ app, socketUrl }: RunningServer): Promise<number> {
  const start = performance.now();
  await using client = await StreamClient.connect(socketUrl);
  await client.register(WHOLE_WORLD, ALL);
  const regions = [...app.defaultWorld.regions.keys()].map(regionMorton);
  while (regions.some((morton) => client.held.get(morton)?.lod !== 0)) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const tookMs = performance.now() - start;
  await client.holds(app.defaultWorld);
  return tookMs;
}

/** Bytes of both ways. */
export interface ResumeBytes {
  readonly coldBytes: number;
  readonly resumedBytes: number;
  /** Frames that the resumed connection was sent. */
  readonly frames: number;
}

/** A client that goes and comes again to a world that has not changed. */
export async function resumeUnchanged(server: RunningServer): Promise<ResumeBytes> {
  const { app, socketUrl } = server;
  const cold = await visit(server);
  await using again = await StreamClient.connect(socketUrl, cold.held);
  again.know(cold.registered!);
  await again.register(WHOLE_WORLD, ALL);
  await again.holds(app.defaultWorld);
  return {
    coldBytes: cold.sentBytes + cold.receivedBytes,
    resumedBytes: again.sentBytes + again.receivedBytes,
    frames: again.frames.length,
  };
}

/** A client that says to one server what it holds of another: how many of its frames were full, and of how many regions. */
export async function resumeElsewhere(
  before: RunningServer,
  after: RunningServer,
): Promise<{ readonly frames: number; readonly regions: number; readonly epochs: readonly number[] }> {
  const old = await visit(before);
  await using again = await StreamClient.connect(after.socketUrl, old.held);
  again.know(old.registered!);
  await again.register(WHOLE_WORLD, ["bundles", "parts", "deltas"]);
  // What it held is what it is to hold, so that it holds it says nothing.
  const { regions } = after.app.defaultWorld;
  await waitFor(() => new Set(again.frames.map(({ header }) => header.morton)).size === regions.size, {
    what: "every region to be sent anew",
  });
  await again.holds(after.app.defaultWorld);
  return {
    frames: again.frames.length,
    regions: regions.size,
    epochs: [old.registered!.epoch, again.registered!.epoch],
  };
}

async function visit({ app, socketUrl }: RunningServer): Promise<StreamClient> {
  await using client = await StreamClient.connect(socketUrl);
  await client.register(WHOLE_WORLD, ALL);
  await client.holds(app.defaultWorld);
  return client;
}

/** Frames of one region while a small entity moved in it. */
export interface MovingBytes {
  readonly fullBytes: number;
  /** Of the frames of all steps, in their order. */
  readonly stepBytes: readonly number[];
  /** Steps whose frame was no delta. */
  readonly fullSteps: number;
}

/**
 * An entity of 4 cells an edge goes through a region of the tree, the `nth` smallest of those whose full frame has 8 KB or
 * more; a client is sent every step before the next is taken, and holds exactly the world after each.
 */
export async function movingEntity(
  { app, socketUrl }: RunningServer,
  steps: number,
  nth = 0,
): Promise<MovingBytes> {
  const world = app.defaultWorld;
  await using client = await StreamClient.connect(socketUrl);
  await client.register(WHOLE_WORLD, ["deltas"]);
  await client.holds(world);
  const large = client.frames.filter(({ bytes }) => bytes >= LEAST_FULL_BYTES)
    .sort((a, b) => a.bytes - b.bytes)[nth]!;
  const key = [...world.regions.keys()].find((key) => regionMorton(key) === large.header.morton)!;
  const stepBytes: number[] = [];
  let fullSteps = 0;
  for (let step = 0; step <= steps; step++) {
    const before = client.frames.length;
    world.apply({ kind: "entities", source: "test", put: [entityAt(app, key, step)] });
    await client.holds(world, [key], 0);
    const came = client.frames.slice(before).filter(({ header }) => header.morton === large.header.morton);
    // With the first step the entity comes.
    if (step === 0) continue;
    stepBytes.push(came.reduce((sum, { bytes }) => sum + bytes, 0));
    fullSteps += came.filter(({ header }) => header.flags === 0).length;
  }
  world.apply({ kind: "entities", source: "test", remove: ["wanderer"] });
  return { fullBytes: large.bytes, stepBytes, fullSteps };
}

/** Back and forth along the region's diagonal, a cell a step on each axis. */
function entityAt({ defaultWorld: { grid } }: RunningServer["app"], key: RegionKey, step: number) {
  const room = 2 ** grid.depth - ENTITY_EDGE;
  const along = room - Math.abs(step % (2 * room) - room);
  const origin = regionOrigin(grid, key);
  const cell = (grid.bounds.max[0] - grid.bounds.min[0]) / 2 ** (grid.level + grid.depth);
  const edge = ENTITY_EDGE * cell;
  const at = (axis: 0 | 1 | 2) => grid.bounds.min[axis] + (origin[axis] + along + ENTITY_EDGE / 2) * cell;
  return {
    id: "wanderer",
    type: "box",
    position: [at(0), at(1), at(2)] as const,
    size: [edge, edge, edge] as const,
    color: 0xff3366cc,
  };
}
