import type { DropStrategy, JsonFields } from "../protocol/mod.ts";
import { catalogueError, type ClientError, localError, toClientError } from "./client_error.ts";
import type { Outgoing } from "./client_message.ts";
import { Deferred } from "./deferred.ts";

/** What to subscribe to, and whom to tell. */
export interface StreamOptions {
  /** As in `stream_features`. */
  readonly streamType: string;
  /** The program's own name for it, unique in the client. */
  readonly streamId: string;
  /** What the stream makes of them is its own affair. */
  readonly params?: JsonFields;
  readonly world?: string;
  /** What the server drops when this client reads too slowly; the stream's own way if it is not given. */
  readonly strategy?: DropStrategy;
  /** Of how many waiting updates `compress` keeps one. */
  readonly keepEvery?: number;
  readonly onUpdate: (update: StreamUpdate) => void;
  /** It has ended by itself, or the server does not give it any more; not called after `unsubscribe`. */
  readonly onEnd?: (end: StreamEnd) => void;
}

/** One message of a stream. */
export interface StreamUpdate {
  readonly streamId: string;
  /** Counts the updates of this subscription. */
  readonly sequence: number;
  /** Updates that the server dropped since the last one. */
  readonly missed: number;
  /** The numbers of a feature stream; empty for others. */
  readonly features: JsonFields;
  /** All fields of the message. */
  readonly data: JsonFields;
}

/** Why a stream is over. */
export interface StreamEnd {
  /** The server's word for an end in good order; empty if it is an error. */
  readonly reason: string;
  readonly error: ClientError | undefined;
}

/** What subscriptions need. */
export interface StreamsDeps {
  readonly isConnected: () => boolean;
  /** Sends a message now and waits for its answer. */
  readonly ask: (message: Outgoing) => Promise<JsonFields>;
}

interface Stream {
  readonly options: StreamOptions;
  /** Settled by the first answer. */
  readonly started: Deferred<JsonFields>;
  sequence: number | undefined;
}

/** The subscriptions of a client; they are made again with every connection until they end. */
export class Streams {
  readonly #deps: StreamsDeps;
  readonly #streams = new Map<string, Stream>();

  constructor(deps: StreamsDeps) {
    this.#deps = deps;
  }

  /** Ids of the subscriptions that are wanted. */
  get ids(): readonly string[] {
    return [...this.#streams.keys()];
  }

  /**
   * Resolves to the server's answer, as soon as there is a connection.
   * @throws {ClientError} what the server said, or STREAM_EXISTS
   */
  async subscribe(options: StreamOptions): Promise<JsonFields> {
    const { streamId } = options;
    if (this.#streams.has(streamId)) {
      throw catalogueError("STREAM_EXISTS", `There is a subscription ${streamId} already`);
    }
    const stream: Stream = { options, started: new Deferred(), sequence: undefined };
    this.#streams.set(streamId, stream);
    // A connection that goes meanwhile is no answer: the next one asks again.
    if (this.#deps.isConnected()) this.#start(stream).catch(() => {});
    return await stream.started.promise;
  }

  /**
   * Ends a subscription; resolves once the server has said so, at once without a connection.
   * @throws {ClientError} STREAM_NOT_FOUND, or what the server said
   */
  async unsubscribe(streamId: string): Promise<void> {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) {
      throw catalogueError("STREAM_NOT_FOUND", `There is no subscription ${streamId}`);
    }
    this.#streams.delete(streamId);
    stream.started.reject(localError("CLOSED", "The subscription was ended before it began"));
    if (this.#deps.isConnected()) {
      await this.#deps.ask({ type: "UNSUBSCRIBE", data: { "stream_id": streamId } });
    }
  }

  /** Makes all subscriptions on a new connection. @throws {ClientError} if the connection goes meanwhile */
  async resume(): Promise<void> {
    for (const stream of [...this.#streams.values()]) await this.#start(stream);
  }

  /** An update has come; false if nobody is subscribed to it. */
  update(data: JsonFields): boolean {
    const stream = this.#streams.get(String(data.stream_id));
    if (stream === undefined) return false;
    const sequence = typeof data.sequence === "number" ? data.sequence : (stream.sequence ?? 0) + 1;
    const missed = stream.sequence === undefined ? 0 : Math.max(0, sequence - stream.sequence - 1);
    stream.sequence = sequence;
    const features = (data.features ?? {}) as JsonFields;
    stream.options.onUpdate({ streamId: stream.options.streamId, sequence, missed, features, data });
    return true;
  }

  /** A stream has ended by itself. */
  completed(data: JsonFields): void {
    const stream = this.#streams.get(String(data.stream_id));
    if (stream !== undefined) {
      this.#end(stream, { reason: String(data.reason ?? "complete"), error: undefined });
    }
  }

  /** The client is closed or has given up. */
  stop(error: ClientError): void {
    for (const { started } of this.#streams.values()) started.reject(error);
  }

  async #start(stream: Stream): Promise<void> {
    const { streamType, streamId, params, world, strategy, keepEvery } = stream.options;
    stream.sequence = undefined;
    const data = {
      "stream_type": streamType,
      "stream_id": streamId,
      params: params ?? {},
      world,
      strategy,
      "keep_every": keepEvery,
    };
    try {
      stream.started.resolve(await this.#deps.ask({ type: "SUBSCRIBE", data }));
    } catch (cause) {
      const error = toClientError(cause);
      // Without a `ref` it is not the server's answer.
      if (error.ref === undefined) throw error;
      if (stream.started.isSettled) this.#end(stream, { reason: "", error });
      else this.#streams.delete(streamId);
      stream.started.reject(error);
    }
  }

  #end(stream: Stream, end: StreamEnd): void {
    this.#streams.delete(stream.options.streamId);
    stream.options.onEnd?.(end);
  }
}
