import {
  type Admission,
  Backoff,
  Connection,
  type ConnectionStatus,
  type Registration,
  type ServerError,
} from "../../src/client/mod.ts";
import type { SocketEvents } from "../../src/client/mod.ts";
import { registeredMessage } from "../../src/protocol/mod.ts";
import type { Viewport } from "../../src/viewport/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** A socket as the server's end sees it. */
export interface FakeSocket extends SocketEvents {
  /** Parsed texts that the client sent. */
  readonly received: Record<string, unknown>[];
  /** Set once the client has closed it. */
  closedByClient: boolean;
}

/** A view from `x` along the x axis towards the middle. */
export function viewFrom(x: number): Viewport {
  return {
    eye: [x, 0, 0],
    lookAt: [0, 0, 0],
    up: [0, 1, 0],
    fovY: 1,
    aspectRatio: 1.5,
    nearPlane: 0.5,
    farPlane: 5000,
  };
}

/** A connection whose clock, dice, admission and sockets are the test's, and all that it reports. */
export class FakeServer {
  readonly clock = new ManualClock();
  readonly sockets: FakeSocket[] = [];
  readonly statuses: ConnectionStatus[] = [];
  readonly registrations: Registration[] = [];
  readonly frames: number[] = [];
  readonly errors: ServerError[] = [];
  readonly viewportsSent: Viewport[] = [];
  readonly connection: Connection;
  admission: Admission | Promise<Admission> = "admitted";
  view = viewFrom(100);
  random = 0.5;

  constructor(world?: string) {
    this.connection = new Connection({
      timers: this.clock,
      backoff: new Backoff({ baseMs: 500, maxMs: 30_000, random: () => this.random }),
      clientId: "tester",
      world,
      viewport: () => this.view,
      admit: async () => await this.admission,
      openSocket: (events) => this.#open(events),
      onStatus: (status) => this.statuses.push(status),
      onRegistered: (registration) => this.registrations.push(registration),
      onFrame: (bytes) => this.frames.push(bytes.byteLength),
      onViewportSent: (viewport) => this.viewportsSent.push(viewport),
      onError: (error) => this.errors.push(error),
    });
  }

  /** The newest socket. */
  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  get phases(): string[] {
    return this.statuses.map(({ phase }) => phase);
  }

  get status(): ConnectionStatus {
    return this.statuses.at(-1)!;
  }

  /** Starts, and goes on until the connection is live. */
  async goLive(): Promise<void> {
    this.connection.start();
    await this.clock.advanceAsync(0);
    this.accept();
  }

  /** Opens the newest socket and answers its registration. */
  accept(epoch = 1): void {
    this.socket.onOpen();
    this.socket.onText(registeredText(epoch));
  }

  #open(events: SocketEvents): { send(text: string): void; close(): void } {
    const socket: FakeSocket = { ...events, received: [], closedByClient: false };
    this.sockets.push(socket);
    return {
      send: (text) => socket.received.push(JSON.parse(text)),
      close: () => socket.closedByClient = true,
    };
  }
}

/** A REGISTERED as the server writes it. */
export function registeredText(epoch: number): string {
  return registeredMessage({
    protocol: 1,
    clientId: "tester",
    session: "s1",
    world: "main",
    epoch,
    bounds: { min: [0, 0, 0], max: [1024, 1024, 1024] },
    level: 4,
    depth: 6,
    kind: "esvo",
    codecs: [2],
    lodThresholds: [100, 300, 700],
    contentBounds: { min: [0, 0, 0], max: [64, 64, 64] },
    limits: { max_message_bytes: 65536 },
  }, 0);
}
