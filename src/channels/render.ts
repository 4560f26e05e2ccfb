import { type Viewport, viewportProblem } from "../viewport/mod.ts";
import {
  echo,
  type FrameCodec,
  type RegisterClient,
  registeredMessage,
  VoxcastError,
} from "../protocol/mod.ts";
import { requireAllowed } from "../security/mod.ts";
import type { World, Worlds } from "../world/mod.ts";
import type { Connection, ConnectionRegistry, Profile } from "../session/mod.ts";
import type { RegionStreamer } from "../streaming/mod.ts";

/** What the render channel works with. */
export interface RenderChannelOptions {
  readonly worlds: Worlds;
  readonly streamer: RegionStreamer;
  readonly connections: ConnectionRegistry;
  /** World of clients that name none. */
  readonly defaultWorld: string;
  readonly lodThresholds: readonly number[];
  /** What clients are told of their limits. */
  readonly grants: Readonly<Record<string, number>>;
  readonly now: () => number;
}

/**
 * The profile of `/ws/render`: REGISTER_CLIENT starts the stream of one world's regions, in the kind that it names or
 * else the world's own (again: moves it), UPDATE_VIEWPORT steers it.
 * A world that the address names is that of messages that name none; a message that names another one is refused.
 */
export function createRenderProfile(options: RenderChannelOptions): Profile<Connection> {
  return {
    name: "render",
    credential: "before-upgrade",
    hasPayload: false,
    hasStreams: true,
    onMessage(connection, message) {
      if (message.type === "REGISTER_CLIENT") register(options, connection, message);
      else if (!options.streamer.updateViewport(connection, checked(message.viewport))) {
        throw new VoxcastError("NOT_REGISTERED", "Send REGISTER_CLIENT before UPDATE_VIEWPORT");
      }
    },
    onClose(connection) {
      options.streamer.remove(connection);
    },
  };
}

function register(options: RenderChannelOptions, connection: Connection, message: RegisterClient): void {
  const world = findWorld(options, connection, message.world);
  const viewport = checked(message.viewport);
  const chosen = { codec: message.codecs[0] ?? 2, kind: message.kind ?? world.kind };
  if (!options.connections.enterWorld(connection, world.id)) {
    throw new VoxcastError("WORLD_FULL", `World ${world.id} has as many clients as it accepts`);
  }
  connection.registeredWorld = world.id;
  connection.clientId = message.clientId;
  options.streamer.register(connection, world, { viewport, ...chosen });
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
  { codec, kind }: { readonly codec: FrameCodec; readonly kind: World["kind"] },
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
      lodThresholds: options.lodThresholds.slice(0, world.grid.depth),
      ...(contentBounds === undefined ? {} : { contentBounds }),
      limits: options.grants,
    },
    options.now(),
    id,
    connection.outbox.style,
  );
}
