import type { JsonFields } from "../protocol/mod.ts";
import type { RegionKey } from "../space/mod.ts";
import type { Viewport } from "../viewport/mod.ts";
import { serverBase, socketUrl } from "./admission.ts";
import type { ServerAddress } from "./http_reach.ts";
import { Backoff } from "./backoff.ts";
import { type ClientError, localError, toClientError } from "./client_error.ts";
import type { VoxcastEvents } from "./client_events.ts";
import { messageText, type Outgoing } from "./client_message.ts";
import { type SettledOptions, settleOptions, type VoxcastClientOptions } from "./client_options.ts";
import type { ClientStatus, ClientStep } from "./client_status.ts";
import { Connection } from "./connection.ts";
import { Deferred } from "./deferred.ts";
import { Emitter } from "./events.ts";
import { Identity } from "./identity.ts";
import { Incoming } from "./incoming.ts";
import { OfflineQueue } from "./offline_queue.ts";
import { PollFallback } from "./poll_fallback.ts";
import { RegionChannel } from "./region_channel.ts";
import { RegionPoller } from "./region_poller.ts";
import { type RequestOptions, Requests, type SendOptions } from "./requests.ts";
import type { Greeting, Registration } from "./server_message.ts";
import { SessionTerms } from "./session_terms.ts";
import { type StreamOptions, Streams } from "./streams.ts";
import type { JoinTarget } from "./world_join.ts";

/** Time for each answer of the handshake; the attempt as a whole has its own limit. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * A client of a Voxcast server, for browsers, Deno and Node.
 *
 * ```ts
 * const client = new VoxcastClient({ url: "http://localhost:7090" });
 * client.on("frame", async (bytes) => console.log(await decodeFrameAsync(new Uint8Array(bytes))));
 * await client.connect();
 * const { world, bounds } = await client.register({ viewport });
 * ```
 *
 * It comes back by itself after a loss, with its registration and its subscriptions, until `close` or until
 * the server says something that no retry can mend; `status` always says where it stands. Everything that
 * goes wrong is a {@linkcode ClientError}.
 */
export class VoxcastClient {
  readonly #options: SettledOptions;
  readonly #address: ServerAddress;
  readonly #events = new Emitter<VoxcastEvents>();
  readonly #connection: Connection;
  readonly #requests: Requests;
  readonly #regions: RegionChannel;
  readonly #poller: RegionPoller;
  readonly #fallback: PollFallback;
  readonly #streams: Streams;
  readonly #identity: Identity;
  readonly #terms: SessionTerms;
  readonly #incoming: Incoming;
  #connecting: Deferred<void> | undefined;

  /** @throws {TypeError} if the address is none, or the platform has no WebSocket and none is passed in */
  constructor(options: VoxcastClientOptions) {
    const settled = this.#options = settleOptions(options);
    const { timers, random, clientId } = settled;
    this.#terms = new SessionTerms(settled);
    this.#address = { base: serverBase(settled.url), world: settled.world, fetch: settled.fetch };
    const isConnected = () => this.#connection.isConnected;
    const transmit = (text: string) => this.#connection.send(text);
    const report = (error: ClientError) => this.#events.emit("error", error);
    const ask = (message: Outgoing) => this.#requests.ask(message, HANDSHAKE_TIMEOUT_MS);
    this.#connection = new Connection({
      timers,
      backoff: new Backoff({ baseMs: settled.minBackoffMs, maxMs: settled.maxBackoffMs, random }),
      admit: (signal) => this.#identity.admit(signal),
      explain: (signal) => this.#identity.explain(signal),
      openSocket: (protocols) => new settled.WebSocket(socketUrl(this.#address, settled.profile), protocols),
      handshake: (enter) => this.#handshake(enter),
      onStatus: (status) => this.#showStatus(status),
      onText: (text) => this.#incoming.read(text),
      onBinary: (bytes) => this.#regions.received(bytes),
      onMalformed: (error) => report(toClientError(error)),
      onEnd: (error) => this.#ended(error),
      ping: () => this.#transmit({ type: "PING", data: {} }),
      limits: settled,
    });
    this.#requests = new Requests({
      timers,
      queue: new OfflineQueue({
        maxMessages: settled.maxQueuedMessages,
        maxBytes: settled.maxQueuedBytes,
        drop: settled.queueDrop,
      }),
      isConnected,
      transmit,
      onDropped: report,
      maxPending: settled.maxPendingRequests,
    });
    this.#regions = new RegionChannel({
      timers,
      clientId,
      viewportIntervalMs: settled.viewportIntervalMs,
      features: settled.features,
      pushIntervalMs: settled.pushIntervalMs,
      store: settled.regions,
      maxJoinedBytes: settled.maxInflatedBytes,
      maxBacklogBytes: settled.maxBacklogBytes,
      maxMessageBytes: () => this.#terms.maxMessageBytes,
      isConnected,
      ask,
      transmit: (message) => this.#transmit(message),
      transmitBinary: (message) => this.#connection.send(message),
      onRegistered: (registration) => this.#registered(registration),
      onFrames: (frames) => this.#emitFrames(frames),
      onViewportSent: (viewport) => this.#events.emit("viewportSent", viewport),
      onRefetch: (keys) => this.#poller.refetch(keys),
      onProblem: (error) => this.#connection.drop(error, 4100, "Reconnecting"),
    });
    this.#poller = new RegionPoller({
      timers,
      address: this.#address,
      intervalMs: settled.pollIntervalMs,
      world: () => this.#regions.join.world,
      viewport: () => this.#regions.join.view,
      authorization: () => this.#identity.authorization(),
      onWorld: (registration) => this.#regions.join.polled(registration),
      onViewport: (viewport) => this.#regions.told(viewport),
      onFrame: (frame) => this.#regions.frames([frame]),
      onError: report,
      onServing: () => this.#events.emit("status", this.status),
    });
    this.#fallback = new PollFallback({
      poller: this.#poller,
      afterFailures: settled.pollAfterFailures,
      isWanted: () => this.#regions.join.view !== undefined,
    });
    this.#streams = new Streams({ isConnected, ask });
    this.#identity = new Identity({
      options: settled,
      address: this.#address,
      ask,
      onSignedIn: (signIn, answer) => {
        this.#terms.remember(answer);
        this.#events.emit("signedIn", signIn);
      },
      onError: report,
    });
    this.#incoming = new Incoming({
      events: this.#events,
      connection: this.#connection,
      requests: this.#requests,
      join: this.#regions.join,
      streams: this.#streams,
      acknowledges: () => this.#terms.greeting?.ack === true,
    });
  }

  /** Where the client stands. */
  get status(): ClientStatus {
    return { ...this.#connection.status, isPolling: this.#poller.isServing };
  }

  /** What INIT settled on the present connection. */
  get greeting(): Greeting | undefined {
    return this.#terms.greeting;
  }

  /** The world of the present connection. */
  get registration(): Registration | undefined {
    return this.#regions.join.registration;
  }

  /** Calls `listener` whenever that happens; the function that comes back ends it. */
  on<Name extends keyof VoxcastEvents>(
    name: Name,
    listener: (value: VoxcastEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Connects; resolves once connected, however many attempts it takes. A client that is connected starts
   * anew.
   * @throws {ClientError} if the server refuses for good, `maxAttempts` fail, or the client is closed
   * meanwhile
   */
  connect(): Promise<void> {
    const connecting = this.#connecting ??= new Deferred();
    this.#connection.start();
    return connecting.promise;
  }

  /** Makes the next attempt now instead of waiting for its time; a wait that the server asked for stays. */
  retryNow(): void {
    this.#connection.retryNow();
  }

  /**
   * Says goodbye and closes for good: what waits for an answer is rejected with CLOSED. `connect` opens
   * again.
   */
  close(): void {
    if (this.#connection.isConnected) this.#transmit({ type: "CLOSE", data: {} });
    this.#terms.forget();
    this.#connection.stop(localError("CLOSED", "The client was closed"));
  }

  /**
   * Looks at a world from now on, with this connection and all that follow. Before `connect` it waits for it.
   * @throws {ClientError} INVALID_VIEWPORT, or what the server said
   */
  register(target: JoinTarget): Promise<Registration> {
    const registering = this.#regions.join.register({
      ...target,
      world: target.world ?? this.#options.world,
    });
    this.#poller.look();
    return registering;
  }

  /**
   * Moves the camera: the server is told as often as `viewportIntervalMs` allows, and always of the last
   * view.
   * @throws {ClientError} INVALID_VIEWPORT
   */
  updateViewport(viewport: Viewport): void {
    this.#regions.join.offer(viewport);
    this.#poller.look();
  }

  /**
   * Has regions sent again in full, for programs that hold them by themselves and find that something is amiss. Asked
   * again and again for the same region, the client asks the server less and less often.
   */
  refetch(keys: Iterable<RegionKey>): void {
    this.#regions.refetch(keys);
  }

  /**
   * Subscribes to a stream, with this connection and all that follow; resolves to the server's answer.
   * @throws {ClientError} what the server said, STREAM_EXISTS, or what is wrong with the parameters
   */
  async subscribe(options: StreamOptions): Promise<JsonFields> {
    this.#terms.checkFields(options.params);
    const world = options.world ?? this.#options.world;
    return await this.#streams.subscribe({ ...options, ...(world === undefined ? {} : { world }) });
  }

  /** Ends a subscription; resolves once the server has said so. @throws {ClientError} STREAM_NOT_FOUND */
  unsubscribe(streamId: string): Promise<void> {
    return this.#streams.unsubscribe(streamId);
  }

  /** Milliseconds until the server has answered. @throws {ClientError} TIMEOUT, CONNECTION_LOST */
  async ping(options: RequestOptions = {}): Promise<number> {
    const { timers } = this.#options;
    const startMs = timers.monotonic();
    await this.#requests.request({ type: "PING", data: {} }, options);
    return timers.monotonic() - startMs;
  }

  /**
   * Sends a message that has an answer, and resolves to the answer's fields. Without a connection it waits
   * for one.
   * @throws {ClientError} what the server said; TIMEOUT, CONNECTION_LOST, QUEUE_FULL, CLOSED; what is wrong
   * with the fields
   */
  async request(type: string, data: JsonFields, options: RequestOptions = {}): Promise<JsonFields> {
    return await this.#requests.request(this.#terms.checked({ type, data }), options);
  }

  /**
   * Sends a message that has no answer. Without a connection it waits for one, within the bounds of the
   * queue.
   * @throws {ClientError} what is wrong with the fields: INVALID_FIELD, JSON_TOO_COMPLEX, MESSAGE_TOO_LARGE
   */
  send(type: string, data: JsonFields, options: SendOptions = {}): void {
    this.#requests.send(this.#terms.checked({ type, data }), options);
  }

  #transmit(message: Outgoing): void {
    this.#connection.send(messageText(message));
  }

  async #handshake(enter: (step: ClientStep) => void): Promise<void> {
    this.#incoming.reset();
    if (this.#options.init) {
      enter("greeting");
      const answer = await this.#requests.ask(this.#terms.init(), HANDSHAKE_TIMEOUT_MS);
      const greeting = this.#terms.greeted(answer);
      this.#identity.toldTime(greeting.serverTimeMs);
      this.#events.emit("greeted", greeting);
    }
    await this.#identity.establish(this.#terms.greeting, () => enter("signing-in"));
    enter("joining");
    await this.#regions.join.resume();
    await this.#streams.resume();
  }

  #registered(registration: Registration): void {
    this.#terms.limited(registration.limits);
    this.#events.emit("registered", registration);
  }

  /** Frames for those who listen, each in a buffer of its own, as several may share a message. */
  #emitFrames(frames: readonly Uint8Array<ArrayBuffer>[]): void {
    if (!this.#events.hears("frame")) return;
    for (const frame of frames) this.#events.emit("frame", frame.slice().buffer);
  }

  #showStatus(status: ClientStatus): void {
    const { state, error } = status;
    if (state === "connected") {
      this.#connecting?.resolve();
      this.#connecting = undefined;
      this.#requests.connected();
      this.#regions.join.connected();
    } else if (state === "failed" || state === "disconnected") {
      this.#stopped(error ?? localError("CLOSED", "The client was closed"));
    }
    this.#fallback.look(status, this.#connection.failedUpgrades);
    this.#events.emit("status", { ...status, isPolling: this.#poller.isServing });
  }

  #ended(error: ClientError): void {
    this.#terms.lost();
    this.#identity.lost();
    this.#requests.lost(error);
    this.#regions.lost();
  }

  #stopped(error: ClientError): void {
    this.#connecting?.reject(error);
    this.#connecting = undefined;
    this.#requests.stop(error);
    this.#regions.join.stop(error);
    this.#streams.stop(error);
  }
}
