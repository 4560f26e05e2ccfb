import { VoxcastError } from "../protocol/mod.ts";
import { type Random, randomId } from "../observe/mod.ts";
import { AuthFailure } from "./auth_failure.ts";
import type { Peer } from "./peer.ts";
import { mayEnter, type Principal } from "./principal.ts";
import { sha256 } from "./sha256.ts";

/** 206 random bits. */
const TICKET_CHARS = 40;
const MAX_TICKET_CHARS = 128;

export interface TicketRule {
  readonly ttlMs: number;
  /** Most tickets that are out at a time. */
  readonly maxTickets: number;
}

/** What a ticket is bound to. */
export interface TicketOptions {
  /** The only world that it opens; absent means those of the principal. */
  readonly world?: string;
  /** The `Origin` that must come with it; absent means that none may come with it: for clients that are no browser. */
  readonly origin?: string;
}

interface Ticket extends TicketOptions {
  readonly principal: Principal;
  readonly endMs: number;
}

/**
 * One-time tickets, with which a page opens a socket without a key in its address. Only their hashes are kept. A ticket
 * that is shown is used up, right or wrong. Times are monotonic.
 */
export class Tickets {
  readonly #rule: TicketRule;
  readonly #random: Random;
  /** By the hash's hexadecimal, in the order of their end. */
  readonly #tickets = new Map<string, Ticket>();

  constructor(rule: TicketRule, random: Random) {
    this.#rule = rule;
    this.#random = random;
  }

  /**
   * @throws {VoxcastError} BUSY if as many are out as may be, NOT_ALLOWED if the principal may not enter the world or
   * came by a ticket itself: one ticket would have no end if it gave others
   */
  issue(principal: Principal, options: TicketOptions, nowMs: number): string {
    if (principal.method === "ticket") {
      throw new VoxcastError("NOT_ALLOWED", "A ticket gives no other ticket; show the credential itself");
    }
    if (options.world !== undefined && !mayEnter(principal, options.world)) {
      throw new VoxcastError("NOT_ALLOWED", "The credential is not for this world");
    }
    this.sweep(nowMs);
    if (this.#tickets.size >= this.#rule.maxTickets) {
      const [oldest] = this.#tickets.values();
      throw new VoxcastError("BUSY", "Too many tickets are out", {
        retryAfterMs: Math.max(1, Math.ceil(oldest!.endMs - nowMs)),
      });
    }
    const ticket = randomId(this.#random, TICKET_CHARS);
    this.#tickets.set(keyOf(ticket), { ...options, principal, endMs: nowMs + this.#rule.ttlMs });
    return ticket;
  }

  /**
   * Uses a ticket up. The principal is the one that it was issued to, narrowed to the ticket's world.
   * @throws {AuthFailure}
   */
  redeem(ticket: string, peer: Peer, nowMs: number): Principal {
    if (ticket.length > MAX_TICKET_CHARS) throw new AuthFailure("malformed");
    const key = keyOf(ticket);
    const found = this.#tickets.get(key);
    this.#tickets.delete(key);
    if (found === undefined || nowMs >= found.endMs) throw new AuthFailure("wrong-ticket");
    const { principal, origin, world } = found;
    if (peer.origin !== origin) throw new AuthFailure("ticket-origin");
    if (world === undefined) return { ...principal, method: "ticket" };
    if (peer.world !== undefined && peer.world !== world) throw new AuthFailure("ticket-world");
    return { ...principal, method: "ticket", worlds: new Set([world]) };
  }

  /** Forgets those that have ended. */
  sweep(nowMs: number): void {
    for (const [key, { endMs }] of this.#tickets) {
      if (nowMs < endMs) return;
      this.#tickets.delete(key);
    }
  }

  /** Tickets that are out. */
  get size(): number {
    return this.#tickets.size;
  }
}

function keyOf(ticket: string): string {
  return sha256(ticket).toHex();
}
