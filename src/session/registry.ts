import { addressGroup } from "../security/mod.ts";
import type { Connection } from "./connection.ts";
import { LingeringConnections } from "./lingering_connections.ts";

/** Bounds of {@linkcode ConnectionRegistry}. */
export interface RegistryLimits {
  readonly maxConnections: number;
  readonly maxPerAddress: number;
  readonly maxPerWorld: number;
  readonly maxUnauthenticated: number;
  readonly maxUnauthenticatedPerAddress: number;
  /** Addresses that the bounds by address do not count for. */
  readonly isExempt: (address: string) => boolean;
}

/** Which bound a refused connection met. */
export type RegistryRefusal = "server" | "address" | "unauthenticated";

/**
 * All connections of the server, counted by server, address (IPv6 by /64), world, and those without a credential. A check
 * and its count are to be made in one turn of the event loop, so that of any number of simultaneous newcomers exactly as
 * many get in as there is room for.
 */
export class ConnectionRegistry {
  readonly #limits: RegistryLimits;
  readonly #open = new Set<Connection>();
  readonly #unauthenticated = new Set<Connection>();
  readonly #lingering = new LingeringConnections();
  readonly #byAddress = new Count();
  readonly #unauthenticatedByAddress = new Count();
  readonly #byWorld = new Map<string, Set<Connection>>();
  readonly #bySession = new Map<string, Connection>();
  readonly #onEmpty: (() => void)[] = [];
  #accepted = 0;

  constructor(limits: RegistryLimits) {
    this.#limits = limits;
  }

  /** Open connections. */
  get size(): number {
    return this.#open.size;
  }

  /** Connections taken in since the start. */
  get acceptedCount(): number {
    return this.#accepted;
  }

  /** Ended connections whose peers may not have read what was sent to them; for the bounds they count as open. */
  get lingeringCount(): number {
    return this.#lingering.size;
  }

  /** Bytes that wait for them. */
  get lingeringBytes(): number {
    return this.#lingering.bytes;
  }

  /** Open connections that have shown no credential yet. */
  get unauthenticatedCount(): number {
    return this.#unauthenticated.size;
  }

  /** Which bound a newcomer from an address would meet now. One that meets none may be added in the same turn. */
  refusalOf(remoteAddress: string, isAuthenticated: boolean): RegistryRefusal | undefined {
    const { maxConnections, maxPerAddress, maxUnauthenticated, maxUnauthenticatedPerAddress, isExempt } =
      this.#limits;
    const group = addressGroup(remoteAddress);
    const isCounted = !isExempt(remoteAddress);
    if (this.#open.size + this.#lingering.size >= maxConnections) return "server";
    if (isCounted && this.#byAddress.of(group) >= maxPerAddress) return "address";
    if (isAuthenticated) return undefined;
    const isOver = isCounted && this.#unauthenticatedByAddress.of(group) >= maxUnauthenticatedPerAddress;
    return isOver || this.#unauthenticated.size >= maxUnauthenticated ? "unauthenticated" : undefined;
  }

  /** Takes in a connection that meets no bound. */
  add(connection: Connection, isAuthenticated: boolean): void {
    const group = addressGroup(connection.remoteAddress);
    if (!isAuthenticated) {
      this.#unauthenticated.add(connection);
      this.#unauthenticatedByAddress.up(group);
    }
    this.#open.add(connection);
    this.#accepted++;
    this.#byAddress.up(group);
  }

  /** Notes that a connection has shown its credential. */
  authenticated(connection: Connection): void {
    if (this.#unauthenticated.delete(connection)) {
      this.#unauthenticatedByAddress.down(addressGroup(connection.remoteAddress));
    }
  }

  /** Puts a connection into a world, out of the one it was in; false (and nothing changes) if the world is full. */
  enterWorld(connection: Connection, world: string): boolean {
    if (connection.world === world) return true;
    const members = this.#byWorld.get(world);
    if (members !== undefined && members.size >= this.#limits.maxPerWorld) return false;
    this.leaveWorld(connection);
    if (members === undefined) this.#byWorld.set(world, new Set([connection]));
    else members.add(connection);
    connection.world = world;
    connection.lastWorld = world;
    return true;
  }

  /** Takes a connection out of its world, if it is in one. */
  leaveWorld(connection: Connection): void {
    const { world } = connection;
    if (world === undefined) return;
    const members = this.#byWorld.get(world);
    members?.delete(connection);
    if (members?.size === 0) this.#byWorld.delete(world);
    connection.world = undefined;
  }

  /** Gives a connection an older session's identity; the connection that had it, if it is still open, comes back. */
  takeSession(connection: Connection, sessionId: string): Connection | undefined {
    const before = this.#bySession.get(sessionId);
    if (this.#bySession.get(connection.sessionId) === connection) {
      this.#bySession.delete(connection.sessionId);
    }
    connection.sessionId = sessionId;
    this.#bySession.set(sessionId, connection);
    return before === connection ? undefined : before;
  }

  /**
   * Lets a connection go. One that leaves much unread keeps its place for a while, as {@linkcode LingeringConnections}
   * says. A second call does nothing.
   */
  remove(connection: Connection, nowMs: number): void {
    if (!this.#open.delete(connection)) return;
    if (!this.#lingering.add(connection, nowMs)) this.#leaveAddress(connection);
    this.authenticated(connection);
    this.leaveWorld(connection);
    if (this.#bySession.get(connection.sessionId) === connection) {
      this.#bySession.delete(connection.sessionId);
    }
    if (this.#open.size === 0) { for (const tell of this.#onEmpty.splice(0)) tell(); }
  }

  /** The runtime has let go of an ended connection's socket for good. */
  settled(connection: Connection): void {
    if (this.#lingering.delete(connection)) this.#leaveAddress(connection);
  }

  /** Gives back the places that ended connections have had for long enough. */
  sweepLingering(nowMs: number): void {
    for (const connection of this.#lingering.takeDue(nowMs)) this.#leaveAddress(connection);
  }

  /** The connections in a world. */
  inWorld(world: string): Iterable<Connection> {
    return this.#byWorld.get(world) ?? [];
  }

  /** How many they are. */
  countIn(world: string): number {
    return this.#byWorld.get(world)?.size ?? 0;
  }

  /** Resolves when no connection is open. */
  whenEmpty(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  /** Entries of all tables; 0 when nothing is connected, or something was forgotten. */
  get entryCount(): number {
    return this.#open.size + this.#lingering.size + this.#unauthenticated.size + this.#byAddress.size +
      this.#unauthenticatedByAddress.size + this.#byWorld.size + this.#bySession.size;
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#open.values();
  }

  #leaveAddress({ remoteAddress }: Connection): void {
    this.#byAddress.down(addressGroup(remoteAddress));
  }
}

/** Counts by name; a name at 0 takes no room. */
class Count {
  readonly #counts = new Map<string, number>();

  get size(): number {
    return this.#counts.size;
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  up(name: string): void {
    this.#counts.set(name, this.of(name) + 1);
  }

  down(name: string): void {
    const count = this.of(name);
    if (count <= 1) this.#counts.delete(name);
    else this.#counts.set(name, count - 1);
  }
}
