import type { Clock, TimerId } from "../observe/mod.ts";
import { CLOSE_CODES, VoxcastError } from "../protocol/mod.ts";
import { addressGroup } from "../security/mod.ts";
import { destroySocket } from "./destroy_socket.ts";

/** Refused sockets that have a goodbye coming, at a time; beyond that newcomers are refused before the upgrade. */
const MAX_SOCKETS = 64;
/** The same of one address (IPv6: of one /64). */
const MAX_SOCKETS_PER_ADDRESS = 16;
/** Time for a refused socket to open, then to say something, and then for the goodbye to be sent. */
const OPEN_MS = 2000;
const GREETING_MS = 100;
const GOODBYE_MS = 250;

/**
 * The sockets of a full server: upgraded only to be told so by a close code, as clients of a socket cannot see the answer
 * to a handshake. Few at a time, and none for long, whether its peer answers or not: they must not become a way around the
 * bound that they were refused for.
 */
export class RefusedSockets implements Disposable {
  readonly #clock: Clock;
  readonly #refused = new Map<WebSocket, { readonly group: string; timer: TimerId }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sockets that have not ended yet. */
  get size(): number {
    return this.#refused.size;
  }

  /**
   * Refuses one client.
   * @param upgrade makes its socket
   * @throws {VoxcastError} SERVER_FULL, before the upgrade, if too many are being refused
   */
  refuse(remoteAddress: string, upgrade: () => Deno.WebSocketUpgrade): Response {
    const group = addressGroup(remoteAddress);
    const ofGroup = [...this.#refused.values()].filter((refused) => refused.group === group).length;
    if (this.#refused.size >= MAX_SOCKETS || ofGroup >= MAX_SOCKETS_PER_ADDRESS) throw serverFull();
    const { socket, response } = upgrade();
    const { code, reason } = CLOSE_CODES.SERVER_FULL;
    const refused = { group, timer: this.#destroyIn(OPEN_MS, socket) };
    this.#refused.set(socket, refused);
    const close = () => {
      socket.onmessage = null;
      this.#clock.clearTimeout(refused.timer);
      refused.timer = this.#destroyIn(GOODBYE_MS, socket);
      socket.close(code, reason);
    };
    socket.onopen = () => {
      this.#clock.clearTimeout(refused.timer);
      // What a client has sent and nobody has read would end its socket by a reset, which may overtake the goodbye.
      socket.onmessage = close;
      refused.timer = this.#clock.setTimeout(close, GREETING_MS);
    };
    socket.onclose = socket.onerror = () => this.#forget(socket);
    return response;
  }

  [Symbol.dispose](): void {
    for (const socket of [...this.#refused.keys()]) this.#destroy(socket);
  }

  #destroyIn(ms: number, socket: WebSocket): TimerId {
    return this.#clock.setTimeout(() => this.#destroy(socket), ms);
  }

  #destroy(socket: WebSocket): void {
    destroySocket(socket);
    this.#forget(socket);
  }

  #forget(socket: WebSocket): void {
    const refused = this.#refused.get(socket);
    if (refused !== undefined) this.#clock.clearTimeout(refused.timer);
    this.#refused.delete(socket);
  }
}

/** What a full server says where there is no socket to say it by a close code. */
export function serverFull(): VoxcastError {
  return new VoxcastError("SERVER_FULL", "The server has as many clients as it accepts");
}
