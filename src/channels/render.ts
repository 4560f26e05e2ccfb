import { type Viewport, viewportProblem } from "../viewport/mod.ts";
import {
  echo,
  type KnownRegions,
  type RegisterClient,
  registeredMessage,
  verifiedMessage,
  VoxcastError,
} from "../protocol/mod.ts";
import { requireAllowed } from "../security/mod.ts";
import type { World, Worlds } from "../world/mod.ts";
import type { Connection, ConnectionRegistry, Profile } from "../session/mod.ts";
import type { RegionStreamer, Registration } from "../streaming/mod.ts";
import type { RegionClaims } from "./region_claims.ts";

/** What the render channel works with. */
export interface RenderChannelOptions {
  readonly worlds: Worlds;
  readonly streamer: RegionStreamer;
  readonly connections: ConnectionRegistry;
  /** World of clients that name none. */
  readonly defaultWorld: string;
  readonly lodThresholds: readonly number[];
  /** What clients that take bundles, parts or flow control are told to expect. */
  readonly maxBulkMessageBytes: number;
  readonly ackIntervalMs: number;
  /** What clients say that they hold before they register. */
  readonly claims: RegionClaims<Connection>;
  /** What clients are told of their limits. */
  readonly grants: Readonly<Record<string, number>>;
  readonly now: () => number;
}

/**
 * The profile of `/ws/render`: REGISTER_CLIENT starts the stream of one world's regions, in the kind that it names or
 * else the world's own (again: moves it), UPDATE_VIEWPORT steers it, ACK paces it. KNOWN, sent before, says what the client
 * still holds; VERIFY compares later.
 * A world that the address names is that of messages that name none; a message that names another one is refused.
 */
export function createRenderProfile(options: RenderChannelOptions): Profile<Connection> {
  const { claims, streamer } = options;
  return {
    name: "render",
    credential: "before-upgrade",
    hasPayload: false,
    hasStreams: true,
    onMessage(connection, message) {
      switch (message.type) {
        case "REGISTER_CLIENT":
          register(options, connection, message, claims.take(connection));
          break;
        case "UPDATE_VIEWPORT":
          if (!streamer.updateViewport(connection, checked(message.viewport))) {
            throw notRegistered(message.type);
          }
          break;
        case "ACK":
          if (!streamer.acknowledge(connection, message.receivedBytes)) throw notRegistered(message.type);
          break;
        case "KNOWN":
          claims.add(connection, message);
          break;
        case "VERIFY":
          verify(options, connection, message);
          break;
      }
    },
    onClose(connection) {
      claims.take(connection);
      streamer.remove(connection);
    },
  };
}

function notRegistered(type: string): VoxcastError {
  return new VoxcastError("NOT_REGISTERED", `Send REGISTER_CLIENT before ${type}`);
}

function verify(options: RenderChannelOptions, connection: Connection, message: KnownRegions): void {
  const result = options.streamer.verify(connection, message);
  if (result === undefined) {
    throw new VoxcastError(
      "NOT_REGISTERED",
      "VERIFY must name the world, epoch, kind and level that are streamed",
    );
  }
  connection.outbox.sendText(verifiedMessage(result, options.now(), connection.outbox.style));
}

function register(
  options: RenderChannelOptions,
  connection: Connection,
  message: RegisterClient,
  known: readonly KnownRegions[],
): void {
  const world = findWorld(options, connection, message.world);
  const viewport = checked(message.viewport);
  const chosen = {
    codec: message.codecs[0] ?? 2,
    kind: message.kind ?? world.kind,
    features: message.features,
  };
  if (!options.connections.enterWorld(connection, world.id)) {
    throw new VoxcastError("WORLD_FULL", `World ${world.id} has as many clients as it accepts`);
  }
  connection.registeredWorld = world.id;
  connection.clientId = message.clientId;
  options.streamer.register(connection, world, {
    viewport,
    ...chosen,
    known,
    ...(message.intervalMs === undefined ? {} : { intervalMs: message.intervalMs }),
  });
  connection.outbox.sendText(registered(options, connection, world, chosen, message));
}

/** The world of a registration, which the connection's principal must be allowed to enter. */
function findWorld(
  options: RenderChannelOptions,
  connection: Connection,
  named: string | undefined,
): World {
  const urlWorld = connection.namedWorld;
  if (urlWorld !== undefined && named !== undefined && urlWorld !== named) {
    throw new VoxcastError(
      "CONFLICTING_FIELD",
      `The address names world ${echo(urlWorld)}, the message ${echo(named)}`,
    );
  }
  const id = named ?? urlWorld ?? options.defaultWorld;
  // Before the world is looked up: whoever may not enter it must not learn whether it exists.
  requireAllowed(connection.principal!, "viewer", { world: id });
  const world = options.worlds.get(id);
  if (world === undefined) throw new VoxcastError("WORLD_NOT_FOUND", `There is no world ${echo(id)}`);
  return world;
}

function checked(viewport: Viewport): Viewport {
  const problem = viewportProblem(viewport);
  if (problem !== undefined) throw new VoxcastError("INVALID_VIEWPORT", `Invalid viewport: ${problem}`);
  return viewport;
}

function registered(
  options: RenderChannelOptions,
  connection: Connection,
  world: World,
  { codec, kind, features }: Pick<Registration, "codec" | "kind"> & Pick<RegisterClient, "features">,
  { clientId, id }: RegisterClient,
): string {
  const contentBounds = world.contentBounds();
  return registeredMessage(
    {
      protocol: 1,
      clientId,
      session: connection.sessionId,
      world: world.id,
      epoch: world.epoch,
      bounds: world.grid.bounds,
      level: world.grid.level,
      depth: world.grid.depth,
      kind,
      codecs: [codec],
      features,
      maxBulkMessageBytes: options.maxBulkMessageBytes,
      ackIntervalMs: options.ackIntervalMs,
      lodThresholds: options.lodThresholds.slice(0, world.grid.depth),
      ...(contentBounds === undefined ? {} : { contentBounds }),
      limits: options.grants,
    },
    options.now(),
    id,
    connection.outbox.style,
  );
}
