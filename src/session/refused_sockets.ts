import type { Clock, TimerId } from "../observe/mod.ts";
import { CLOSE_CODES, VoxcastError } from "../protocol/mod.ts";
import { destroySocket } from "./destroy_socket.ts";

/** Refused sockets that have a goodbye coming, at a time; beyond that newcomers are refused before the upgrade. */
const MAX_SOCKETS = 64;
/** Time that a refused client has to take its leave, from the upgrade on. */
const GOODBYE_MS = 2000;

/**
 * The sockets of a full server: upgraded only to be told so by a close code, as clients of a socket cannot see the answer
 * to a handshake. Few at a time, and none for long, whether its peer answers or not: they must not become a way around the
 * bound that they were refused for.
 */
export class RefusedSockets implements Disposable {
  readonly #clock: Clock;
  readonly #timers = new Map<WebSocket, TimerId>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sockets that have not ended yet. */
  get size(): number {
    return this.#timers.size;
  }

  /**
   * Refuses one client.
   * @param upgrade makes its socket
   * @throws {VoxcastError} SERVER_FULL, before the upgrade, if too many are being refused
   */
  refuse(upgrade: () => Deno.WebSocketUpgrade): Response {
    if (this.#timers.size >= MAX_SOCKETS) {
      throw new VoxcastError("SERVER_FULL", "The server has as many clients as it accepts");
    }
    const { socket, response } = upgrade();
    const { code, reason } = CLOSE_CODES.SERVER_FULL;
    socket.onopen = () => socket.close(code, reason);
    socket.onclose = socket.onerror = () => this.#forget(socket);
    this.#timers.set(
      socket,
      this.#clock.setTimeout(() => {
        destroySocket(socket);
        this.#forget(socket);
      }, GOODBYE_MS),
    );
    return response;
  }

  [Symbol.dispose](): void {
    for (const socket of [...this.#timers.keys()]) {
      destroySocket(socket);
      this.#forget(socket);
    }
  }

  #forget(socket: WebSocket): void {
    const timer = this.#timers.get(socket);
    if (timer !== undefined) this.#clock.clearTimeout(timer);
    this.#timers.delete(socket);
  }
}
