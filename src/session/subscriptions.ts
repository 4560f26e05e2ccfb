import type { Clock, Logger } from "../observe/mod.ts";
import { errorFields, type Subscribe, type Unsubscribe, VoxcastError } from "../protocol/mod.ts";
import { mayEnter } from "../security/mod.ts";
import { type AuditLog, streamRecord } from "./audit.ts";
import type { Connection } from "./connection.ts";
import { knownError } from "./known_error.ts";
import type { ConnectionRegistry } from "./registry.ts";
import type { StreamPace } from "./stream_pace.ts";
import type { StreamSource } from "./stream_source.ts";
import type { Subscription } from "./subscription.ts";

/** Bounds of one connection's subscriptions. */
export interface SubscriptionLimits {
  readonly maxSubscriptions: number;
}

/** What {@linkcode Subscriptions} works with. */
export interface SubscriptionsOptions {
  readonly sources: readonly StreamSource[];
  readonly limits: SubscriptionLimits;
  readonly connections: ConnectionRegistry;
  readonly pace: StreamPace;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly audit: AuditLog;
  readonly onUnexpected: (error: unknown) => void;
}

/** Why a stream ended that its client did not want any more. */
const UNSUBSCRIBED = "unsubscribed";

/** Answers SUBSCRIBE and UNSUBSCRIBE, numbers what streams send, and keeps the account of each. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #sources: ReadonlyMap<string, StreamSource>;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    this.#sources = new Map(options.sources.map((source) => [source.type, source]));
  }

  /** Starts a stream; what is wrong is answered with SUBSCRIBE_FAILED. */
  subscribe(connection: Connection, message: Subscribe): void {
    const { streamId, streamType, id } = message;
    try {
      const subscription = this.#start(connection, message);
      connection.outbox.send("SUBSCRIBE_SUCCESS", {
        stream_id: streamId,
        stream_type: streamType,
        strategy: subscription.queue.strategy,
        world: subscription.running?.world ?? null,
      }, id);
    } catch (given) {
      const error = knownError(given, this.#options.onUnexpected);
      connection.counters.malformedMessages++;
      connection.outbox.send("SUBSCRIBE_FAILED", { stream_id: streamId, ...errorFields(error) }, id);
    }
  }

  /**
   * Ends a subscription and acknowledges it.
   * @throws {VoxcastError} STREAM_NOT_FOUND
   */
  unsubscribe(connection: Connection, { streamId, id }: Unsubscribe): void {
    const subscription = connection.subscriptions?.get(streamId);
    if (subscription === undefined) {
      throw new VoxcastError("STREAM_NOT_FOUND", "This connection has no subscription of this stream_id");
    }
    this.#end(connection, subscription, UNSUBSCRIBED);
    connection.outbox.send("UNSUBSCRIBE", { stream_id: streamId }, id);
  }

  /** Ends all subscriptions of a connection, for its end. */
  endAll(connection: Connection): void {
    for (const subscription of [...connection.subscriptions?.values() ?? []]) {
      this.#end(connection, subscription, "connection closed");
    }
  }

  /** Ends the subscriptions whose world the connection's principal may no longer enter. */
  endForbidden(connection: Connection): void {
    const { principal } = connection;
    for (const subscription of [...connection.subscriptions?.values() ?? []]) {
      const world = subscription.running?.world;
      if (principal !== undefined && world !== undefined && !mayEnter(principal, world)) {
        this.#complete(connection, subscription, "not_allowed");
      }
    }
  }

  #start(connection: Connection, message: Subscribe): Subscription {
    const { clock, limits } = this.#options;
    const { streamId, streamType } = message;
    const source = this.#sourceOf(connection, streamType);
    const known = connection.subscriptions;
    if (known?.has(streamId)) {
      throw new VoxcastError("STREAM_EXISTS", "This connection has a subscription of this stream_id already");
    }
    if (known !== undefined && known.size >= limits.maxSubscriptions) {
      throw new VoxcastError(
        "SUBSCRIPTION_LIMIT",
        `A connection has at most ${limits.maxSubscriptions} subscriptions`,
      );
    }
    const subscription: Subscription = {
      streamId,
      source,
      queue: connection.outbox.addStream(message.strategy ?? "drop_oldest", message.keepEvery),
      startedAtMs: clock.monotonic(),
      running: undefined,
      sequence: 0,
      grantedAtMs: -Infinity,
    };
    // A source may use its sink at once, so the subscription has to be there before it starts.
    (connection.subscriptions ??= new Map()).set(streamId, subscription);
    this.#options.pace.changed(connection);
    try {
      subscription.running = source.open(
        {
          principal: connection.principal!,
          streamId,
          world: message.world ?? connection.registeredWorld ?? connection.namedWorld,
          params: message.params,
        },
        {
          claim: () => this.#options.pace.claim(connection, subscription, clock.monotonic()),
          update: (data) => this.#update(connection, subscription, data),
          complete: (reason) => this.#complete(connection, subscription, reason),
        },
      );
      this.#enterWorld(connection, subscription);
      return subscription;
    } catch (error) {
      subscription.running?.stop();
      this.#forget(connection, subscription);
      throw error;
    }
  }

  /** A connection that is in no world is in that of its first stream. */
  #enterWorld(connection: Connection, { running, streamId }: Subscription): void {
    const world = running?.world;
    // A source may have completed its stream already.
    if (world === undefined || connection.world !== undefined || !connection.subscriptions?.has(streamId)) {
      return;
    }
    if (this.#options.connections.enterWorld(connection, world)) return;
    throw new VoxcastError("WORLD_FULL", `World ${world} has as many clients as it accepts`);
  }

  /** It stays as long as it has a stream of that world. */
  #leaveWorld(connection: Connection): void {
    const { world, registeredWorld, subscriptions } = connection;
    if (world === undefined || registeredWorld !== undefined) return;
    for (const { running } of subscriptions?.values() ?? []) if (running?.world === world) return;
    this.#options.connections.leaveWorld(connection);
  }

  #sourceOf(connection: Connection, streamType: string): StreamSource {
    if (!connection.profile.hasStreams) {
      throw new VoxcastError("STREAM_NOT_FOUND", `/ws/${connection.profile.name} has no streams`);
    }
    const source = this.#sources.get(streamType.toLowerCase());
    if (source !== undefined) return source;
    const names = [...this.#sources.keys()].join(", ");
    const hint = streamType.toLowerCase() === "regions"
      ? "; regions come with REGISTER_CLIENT on /ws/render"
      : "";
    throw new VoxcastError("STREAM_NOT_FOUND", `There is no such stream_type, there is: ${names}${hint}`);
  }

  #update(connection: Connection, subscription: Subscription, data: Readonly<Record<string, unknown>>): void {
    const { streamId, source } = subscription;
    if (connection.subscriptions?.get(streamId) !== subscription || !connection.isOpen) return;
    const sequence = ++subscription.sequence;
    const update = { "stream_id": streamId, sequence, ...data, timestamp: this.#options.clock.now() };
    connection.outbox.pushStream(subscription.queue, source.updateType, update);
  }

  #complete(connection: Connection, subscription: Subscription, reason: string): void {
    if (connection.subscriptions?.get(subscription.streamId) !== subscription) return;
    const { streamId, sequence } = subscription;
    this.#end(connection, subscription, reason);
    connection.outbox.sendReliable("STREAM_COMPLETE", { stream_id: streamId, sequence, reason });
  }

  #end(connection: Connection, subscription: Subscription, reason: string): void {
    subscription.running?.stop();
    const lost = this.#forget(connection, subscription);
    // Who unsubscribes does not want them.
    if (reason !== UNSUBSCRIBED) connection.counters.undelivered += lost;
    this.#leaveWorld(connection);
    const { audit, logger, clock } = this.#options;
    const record = streamRecord({
      streamId: subscription.streamId,
      streamType: subscription.source.type,
      connectionId: connection.id,
      durationMs: clock.monotonic() - subscription.startedAtMs,
      packetsSent: subscription.queue.sent,
      droppedFrames: subscription.queue.dropped,
      world: subscription.running?.world,
      reason,
    });
    audit.add(record);
    logger.debug("stream.ended", { ...record });
  }

  /** Takes a subscription off its connection, with what waits of it; returns how many messages that were. */
  #forget(connection: Connection, { streamId, queue }: Subscription): number {
    connection.subscriptions?.delete(streamId);
    this.#options.pace.changed(connection);
    return connection.outbox.removeStream(queue);
  }
}
