import type { JsonFields } from "../protocol/mod.ts";
import { type Viewport, viewportProblem } from "../viewport/mod.ts";
import { catalogueError, type ClientError, localError, toClientError } from "./client_error.ts";
import { type Outgoing, registerMessage, viewportMessage } from "./client_message.ts";
import { Deferred } from "./deferred.ts";
import { readRegistration, type Registration } from "./server_message.ts";
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
  readonly onRegistered: (registration: Registration) => void;
  readonly onFrame: (bytes: ArrayBuffer) => void;
  readonly onViewportSent: (viewport: Viewport) => void;
  readonly onProblem: (error: ClientError) => void;
}

/** Frames that may come before the answer to the registration. */
const MAX_EARLY_FRAMES = 1024;

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
  /** Frames that came while the answer to the registration was still on its way. */
  #early: ArrayBuffer[] = [];

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

  /** Registers on a new connection, if a world is wanted. @throws {ClientError} what the server said */
  async resume(): Promise<void> {
    if (this.#target !== undefined) await this.#register(this.#target);
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

  /** A region frame has come. */
  received(bytes: ArrayBuffer): void {
    if (this.#registration !== undefined) this.#deps.onFrame(bytes);
    else if (this.#early.length < MAX_EARLY_FRAMES) this.#early.push(bytes);
    else this.#deps.onProblem(localError("MALFORMED", "The server sends frames without a registration"));
  }

  /**
   * REGISTERED has come: what was held of an earlier registration is void. @throws {TypeError} if it cannot
   * be read
   */
  registered(data: JsonFields): void {
    const registration = this.#registration = readRegistration(data);
    this.#deps.onRegistered(registration);
    for (const bytes of this.#early.splice(0)) this.#deps.onFrame(bytes);
    this.#waiting?.resolve(registration);
    this.#waiting = undefined;
  }

  /** The connection is gone. */
  lost(): void {
    this.#sender.cancel();
    this.#registration = undefined;
    this.#early = [];
  }

  /** The client is closed or has given up. */
  stop(error: ClientError): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  async #register(target: JoinTarget): Promise<Registration> {
    const { clientId, ask, onViewportSent } = this.#deps;
    const viewport = viewOf(target);
    this.#latest = undefined;
    this.#sender.markSent(viewport);
    const answer = ask(registerMessage(clientId, target.world, viewport));
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
