import type { Clock, Logger } from "../observe/mod.ts";
import { errorFields, ERRORS, type Subscribe, type Unsubscribe, VoxcastError } from "../protocol/mod.ts";
import { mayEnter } from "../security/mod.ts";
import { type AuditLog, streamRecord } from "./audit.ts";
import type { Connection } from "./connection.ts";
import type { StreamSource } from "./stream_source.ts";
import type { Subscription } from "./subscription.ts";

/** What {@linkcode Subscriptions} works with. */
export interface SubscriptionsOptions {
  readonly sources: readonly StreamSource[];
  readonly maxSubscriptions: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly audit: AuditLog;
  readonly onUnexpected: (error: unknown) => void;
}

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
      connection.reply("SUBSCRIBE_SUCCESS", {
        stream_id: streamId,
        stream_type: streamType,
        strategy: subscription.queue.strategy,
        world: subscription.running?.world ?? null,
      }, id);
    } catch (given) {
      const error = this.#known(given);
      connection.counters.malformedMessages++;
      connection.reply("SUBSCRIBE_FAILED", { stream_id: streamId, ...errorFields(error) }, id);
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
    this.#end(connection, subscription, "unsubscribed");
    connection.reply("UNSUBSCRIBE", { stream_id: streamId }, id);
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
    const { clock, maxSubscriptions } = this.#options;
    const { streamId, streamType } = message;
    const source = this.#sourceOf(connection, streamType);
    const known = connection.subscriptions;
    if (known?.has(streamId)) {
      throw new VoxcastError("STREAM_EXISTS", "This connection has a subscription of this stream_id already");
    }
    if (known !== undefined && known.size >= maxSubscriptions) {
      throw new VoxcastError(
        "SUBSCRIPTION_LIMIT",
        `A connection has at most ${maxSubscriptions} subscriptions`,
      );
    }
    const subscription: Subscription = {
      streamId,
      source,
      queue: connection.addStream(message.strategy ?? "drop_oldest", message.keepEvery),
      startedAtMs: clock.monotonic(),
      running: undefined,
      skipped: 0,
      sequence: 0,
    };
    // A source may use its sink at once, so the subscription has to be there before it starts.
    connection.setSubscription(subscription);
    try {
      subscription.running = source.open(
        {
          principal: connection.principal!,
          streamId,
          world: message.world ?? connection.world ?? connection.namedWorld,
          params: message.params,
        },
        {
          update: (data) => this.#update(connection, subscription, data),
          complete: (reason) => this.#complete(connection, subscription, reason),
        },
      );
      return subscription;
    } catch (error) {
      connection.removeSubscription(subscription);
      throw error;
    }
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
    if (connection.subscriptions?.get(subscription.streamId) !== subscription) return;
    const { clock } = this.#options;
    const { streamId, source } = subscription;
    const timestamp = clock.now();
    const update = { "stream_id": streamId, sequence: ++subscription.sequence, ...data, timestamp };
    connection.pushStream(subscription, source.updateType, update);
  }

  #complete(connection: Connection, subscription: Subscription, reason: string): void {
    if (connection.subscriptions?.get(subscription.streamId) !== subscription) return;
    const { streamId, sequence } = subscription;
    this.#end(connection, subscription, reason);
    connection.sendReliable("STREAM_COMPLETE", { stream_id: streamId, sequence, reason });
  }

  #end(connection: Connection, subscription: Subscription, reason: string): void {
    subscription.running?.stop();
    connection.removeSubscription(subscription);
    const { audit, logger, clock } = this.#options;
    const record = streamRecord({
      streamId: subscription.streamId,
      streamType: subscription.source.type,
      connectionId: connection.id,
      durationMs: clock.monotonic() - subscription.startedAtMs,
      packetsSent: subscription.queue.sent,
      droppedFrames: subscription.queue.dropped + subscription.skipped,
      world: subscription.running?.world,
      reason,
    });
    audit.add(record);
    logger.info("stream.ended", { ...record });
  }

  #known(given: unknown): VoxcastError {
    if (given instanceof VoxcastError) return given;
    this.#options.onUnexpected(given);
    return new VoxcastError("INTERNAL", ERRORS.INTERNAL.summary);
  }
}
