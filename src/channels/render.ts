import { type Viewport, viewportProblem } from "../viewport/mod.ts";
import {
  type ClientMessage,
  errorMessage,
  type FrameCodec,
  parseClientMessage,
  pongMessage,
  type RegisterClient,
  registeredMessage,
  VoxcastError,
} from "../protocol/mod.ts";
import type { World, Worlds } from "../world/mod.ts";
import type { Connection, Profile } from "../session/mod.ts";
import type { RegionStreamer } from "../streaming/mod.ts";

/** What the render channel works with. */
export interface RenderChannelOptions {
  readonly worlds: Worlds;
  readonly streamer: RegionStreamer;
  /** World of clients that name none. */
  readonly defaultWorld: string;
  readonly lodThresholds: readonly number[];
  readonly maxMessageSizeBytes: number;
  readonly streamingIntervalMs: number;
  readonly now: () => number;
}

/**
 * The profile of `/ws/render`: REGISTER_CLIENT starts the stream of one world's regions, in the kind that it names or
 * else the world's own (again: moves it), UPDATE_VIEWPORT steers it. What cannot be done is answered with ERROR and never
 * closes the socket.
 *
 * @param urlWorld world named in the address; a message that names another one is refused
 */
export function createRenderProfile(options: RenderChannelOptions, urlWorld: string | undefined): Profile {
  return {
    onOpen() {},
    onText(connection, text) {
      const message = parseClientMessage(text);
      try {
        handle(options, urlWorld, connection, message);
      } catch (error) {
        if (!(error instanceof VoxcastError) || message.id === undefined) throw error;
        connection.counters.malformedMessages++;
        connection.sendText(errorMessage(error, options.now(), message.id));
      }
    },
    onClose(connection) {
      options.streamer.remove(connection);
    },
  };
}

function handle(
  options: RenderChannelOptions,
  urlWorld: string | undefined,
  connection: Connection,
  message: ClientMessage,
): void {
  switch (message.type) {
    case "REGISTER_CLIENT": {
      const world = findWorld(options, urlWorld, message.world);
      const chosen = { codec: message.codecs[0] ?? 2, kind: message.kind ?? world.kind };
      options.streamer.register(connection, world, { viewport: checked(message.viewport), ...chosen });
      connection.sendText(registered(options, connection, world, chosen, message));
      break;
    }
    case "UPDATE_VIEWPORT":
      if (!options.streamer.updateViewport(connection, checked(message.viewport))) {
        throw new VoxcastError("NOT_REGISTERED", "Send REGISTER_CLIENT before UPDATE_VIEWPORT");
      }
      break;
    case "PING":
      connection.sendText(pongMessage(message, options.now()));
      break;
  }
}

function findWorld(
  options: RenderChannelOptions,
  urlWorld: string | undefined,
  named: string | undefined,
): World {
  if (urlWorld !== undefined && named !== undefined && urlWorld !== named) {
    throw new VoxcastError("CONFLICTING_FIELD", `The address names world ${urlWorld}, the message ${named}`);
  }
  const id = named ?? urlWorld ?? options.defaultWorld;
  const world = options.worlds.get(id);
  if (world === undefined) throw new VoxcastError("WORLD_NOT_FOUND", `There is no world ${id}`);
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
      session: connection.id,
      world: world.id,
      epoch: world.epoch,
      bounds: world.grid.bounds,
      level: world.grid.level,
      depth: world.grid.depth,
      kind,
      codecs: [codec],
      lodThresholds: options.lodThresholds.slice(0, world.grid.depth),
      ...(contentBounds === undefined ? {} : { contentBounds }),
      limits: {
        max_message_bytes: options.maxMessageSizeBytes,
        streaming_interval_ms: options.streamingIntervalMs,
      },
    },
    options.now(),
    id,
  );
}
