import type { Feature, JsonFields } from "../protocol/mod.ts";
import { type Viewport, viewportProblem } from "../viewport/mod.ts";
import { catalogueError, type ClientError, localError, toClientError } from "./client_error.ts";
import { type Outgoing, registerMessage, viewportMessage } from "./client_message.ts";
import { Deferred } from "./deferred.ts";
import { isSameWorld, readRegistration, type Registration } from "./server_message.ts";
import type { Timers } from "./timers.ts";
import { ViewportSender } from "./viewport_sender.ts";

/** Which world to look at, and from where. */
export interface JoinTarget {
  /** The server's default world if it is not given. */
  readonly world?: string | undefined;
  /** The view of this moment: asked again at each registration if it is a function. */
  readonly viewport: Viewport | (() => Viewport);
}

/** What a join needs, and whom it tells. */
export interface WorldJoinDeps {
  readonly timers: Timers;
  readonly clientId: string;
  /** Least time between two viewports sent. */
  readonly viewportIntervalMs: number;
  readonly isConnected: () => boolean;
  readonly ask: (message: Outgoing) => Promise<JsonFields>;
  readonly transmit: (message: Outgoing) => void;
  /** What the client takes beside one full frame a message. */
  readonly features: readonly Feature[];
  /** Least time between two pushes of the server; undefined if it may send as it likes. */
  readonly pushIntervalMs: number | undefined;
  /** Tells the server what is held of an earlier registration and in view; false if nothing can be resumed. */
  readonly claim: (before: Registration, viewport: Viewport) => Promise<boolean>;
  readonly onRegistered: (registration: Registration) => void;
  readonly onFrames: (frames: readonly Uint8Array<ArrayBuffer>[]) => void;
  readonly onViewportSent: (viewport: Viewport) => void;
  readonly onProblem: (error: ClientError) => void;
}

/** Messages that may come before the answer to the registration. */
const MAX_EARLY_MESSAGES = 1024;

/**
 * The registration in a world: made again with every connection, with the view of that moment. Of a camera
 * that moves while there is no connection only the last view counts, and it travels with the registration:
 * old views are never sent.
 */
export class WorldJoin {
  readonly #deps: WorldJoinDeps;
  readonly #sender: ViewportSender;
  #target: JoinTarget | undefined;
  #waiting: Deferred<Registration> | undefined;
  #registration: Registration | undefined;
  /** A view that the server has not been told of. */
  #latest: Viewport | undefined;
  /** Frames that came while the answer to the registration was still on its way, by message. */
  #early: (readonly Uint8Array<ArrayBuffer>[])[] = [];
  /** The last registration ever: what is held is of its world. */
  #before: Registration | undefined;
  /** The registration of which the server was told what is held. */
  #claimed: Registration | undefined;
  /** Counts connections, so that a handshake of one that is gone does not go on with the next. */
  #connections = 0;

  constructor(deps: WorldJoinDeps) {
    this.#deps = deps;
    this.#sender = new ViewportSender({
      timers: deps.timers,
      minIntervalMs: deps.viewportIntervalMs,
      send: (viewport) => {
        deps.transmit(viewportMessage(deps.clientId, viewport));
        deps.onViewportSent(viewport);
      },
    });
  }

  /** The world of the present connection. */
  get registration(): Registration | undefined {
    return this.#registration;
  }

  /**
   * Looks at a world from now on, on this connection and all that follow; resolves once the server has taken
   * it.
   * @throws {ClientError} INVALID_VIEWPORT, or what the server said; the world of before then stays
   */
  async register(target: JoinTarget): Promise<Registration> {
    if (typeof target.viewport !== "function") checkViewport(target.viewport);
    const before = this.#target;
    this.#target = target;
    if (!this.#deps.isConnected()) {
      this.#waiting ??= new Deferred();
      return await this.#waiting.promise;
    }
    try {
      return await this.#register(target);
    } catch (error) {
      // Without a `ref` it is not the server's answer: the next connection asks again.
      if (this.#target === target && toClientError(error).ref !== undefined) this.#target = before;
      throw error;
    }
  }

  /** The view that the server is to know; undefined before a world is wanted. */
  get view(): Viewport | undefined {
    return this.#latest ?? (this.#target && viewOf(this.#target));
  }

  /** The world that is wanted; undefined if it is the server's default, or none is. */
  get world(): string | undefined {
    return this.#target?.world;
  }

  /**
   * Registers on a new connection, if a world is wanted, after it has told what is held of it.
   * @throws {ClientError} what the server said
   */
  async resume(): Promise<void> {
    const target = this.#target;
    if (target === undefined) return;
    const connection = this.#connections;
    const before = this.#before;
    if (before !== undefined && (target.world ?? before.world) === before.world) {
      const isClaimed = await this.#deps.claim(before, viewOf(target));
      if (connection !== this.#connections) throw localError("CONNECTION_LOST", "The connection was lost");
      if (isClaimed) this.#claimed = before;
    }
    await this.#register(target);
  }

  /**
   * Tells the server of the view if it has changed, as often as allowed; without a connection it is kept for
   * the next one.
   * @throws {ClientError} INVALID_VIEWPORT
   */
  offer(viewport: Viewport): void {
    checkViewport(viewport);
    if (this.#target !== undefined && typeof this.#target.viewport !== "function") {
      this.#target = { ...this.#target, viewport };
    }
    this.#latest = viewport;
    this.connected();
  }

  /** Messages may go out: tells of a view that was offered since the registration was sent. */
  connected(): void {
    const viewport = this.#latest;
    if (viewport === undefined || !this.#deps.isConnected() || this.#registration === undefined) return;
    this.#latest = undefined;
    this.#sender.offer(viewport);
  }

  /** Region frames have come in one message. */
  received(frames: readonly Uint8Array<ArrayBuffer>[]): void {
    if (frames.length === 0) return;
    if (this.#registration !== undefined) this.#deps.onFrames(frames);
    else if (this.#early.length < MAX_EARLY_MESSAGES) this.#early.push(frames);
    else this.#deps.onProblem(localError("MALFORMED", "The server sends frames without a registration"));
  }

  /**
   * REGISTERED has come: what was held of an earlier registration is void, unless the server was told of it and it is of
   * the same state of the same world. @throws {TypeError} if it cannot be read
   */
  registered(data: JsonFields): void {
    const answer = readRegistration(data);
    const resumed = this.#claimed !== undefined && isSameWorld(this.#claimed, answer);
    this.#claimed = undefined;
    this.#begin(this.#registration = { ...answer, resumed });
    for (const frames of this.#early.splice(0)) this.#deps.onFrames(frames);
  }

  /** The world was asked for over HTTP, as there is no connection: frames that come so are of this registration. */
  polled(answer: Registration): void {
    const resumed = this.#before !== undefined && isSameWorld(this.#before, answer);
    this.#begin({ ...answer, resumed });
  }

  /** The connection is gone. */
  lost(): void {
    this.#sender.cancel();
    this.#connections++;
    this.#registration = undefined;
    this.#claimed = undefined;
    this.#early = [];
  }

  /** The client is closed or has given up. */
  stop(error: ClientError): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  #begin(registration: Registration): void {
    this.#before = registration;
    this.#deps.onRegistered(registration);
    this.#waiting?.resolve(registration);
    this.#waiting = undefined;
  }

  async #register(target: JoinTarget): Promise<Registration> {
    const { clientId, features, pushIntervalMs, ask, onViewportSent } = this.#deps;
    const viewport = viewOf(target);
    this.#latest = undefined;
    this.#sender.markSent(viewport);
    const message = registerMessage({ clientId, world: target.world, viewport, features, pushIntervalMs });
    const answer = ask(message);
    onViewportSent(viewport);
    return readRegistration(await answer);
  }
}

function viewOf({ viewport }: JoinTarget): Viewport {
  return typeof viewport === "function" ? viewport() : viewport;
}

function checkViewport(viewport: Viewport): void {
  const problem = viewportProblem(viewport);
  if (problem !== undefined) throw catalogueError("INVALID_VIEWPORT", `Invalid viewport: ${problem}`);
}
