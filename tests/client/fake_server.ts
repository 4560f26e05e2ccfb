import {
  type ClientError,
  type ClientStatus,
  type Registration,
  VoxcastClient,
  type VoxcastClientOptions,
} from "../../src/client/mod.ts";
import { type Feature, MAGICS, type Registered, registeredMessage } from "../../src/protocol/mod.ts";
import type { Viewport } from "../../src/viewport/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { FakeSocket } from "./fake_socket.ts";

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

/** A client whose clock, dice, sockets and HTTP are the test's, and all that it reports. */
export class FakeServer {
  readonly clock = new ManualClock();
  readonly sockets: FakeSocket[] = [];
  readonly statuses: ClientStatus[] = [];
  readonly registrations: Registration[] = [];
  readonly frames: number[] = [];
  readonly errors: ClientError[] = [];
  readonly viewportsSent: Viewport[] = [];
  /** Requests over HTTP: method, path with its query, and what stood in `authorization`. */
  readonly requests: string[] = [];
  /** What ends the newest of them. */
  signal: AbortSignal | null | undefined;
  readonly client: VoxcastClient;
  /** What the next registrations say beside what is always in them. */
  registered: Partial<Registered> = {};
  /** What HTTP answers; a rejection is a server that is not there. */
  http: (path: string, headers: Headers) => Promise<Response> = () => Promise.resolve(Response.json({}));
  dice: () => number = () => 0.5;
  /** What INIT is answered with, beside what is always in it. */
  greeting: Record<string, unknown> = {};

  constructor(options: Partial<VoxcastClientOptions> = {}) {
    const open = (url: string, protocols: string[]) => this.#open(url, protocols);
    this.client = new VoxcastClient({
      url: "http://voxcast.test",
      clientId: "tester",
      timers: this.clock,
      random: () => this.dice(),
      fetch: (input, init) => {
        const { pathname, search } = new URL(String(input));
        const headers = new Headers(init?.headers);
        const authorization = headers.get("authorization") ?? "";
        this.requests.push([init?.method ?? "GET", pathname + search, authorization].join(" ").trim());
        this.signal = init?.signal;
        return untilAborted(this.http(pathname, headers), init?.signal);
      },
      WebSocket: class {
        constructor(url: string, protocols: string[]) {
          return open(url, protocols);
        }
      } as unknown as NonNullable<VoxcastClientOptions["WebSocket"]>,
      ...options,
    });
    this.client.on("status", (status) => this.statuses.push(status));
    this.client.on("registered", (registration) => this.registrations.push(registration));
    this.client.on("frame", (bytes) => this.frames.push(bytes.byteLength));
    this.client.on("error", (error) => this.errors.push(error));
    this.client.on("viewportSent", (viewport) => this.viewportsSent.push(viewport));
  }

  /** The newest socket. */
  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  /** Each state and step that the client has been in. */
  get steps(): string[] {
    return this.statuses.map(({ state, step }) => step === "none" ? state : `${state}/${step}`);
  }

  get status(): ClientStatus {
    return this.client.status;
  }

  /** Lets what waits for nothing but promises happen. */
  async settle(): Promise<void> {
    for (let i = 0; i < 3; i++) await this.clock.advanceAsync(0);
  }

  /** Starts, and goes on until the newest socket has opened and INIT is answered. */
  async connect(): Promise<void> {
    this.client.connect().catch(() => {});
    await this.settle();
    await this.greet();
  }

  /** Opens the newest socket, and answers INIT on it. */
  async greet(): Promise<void> {
    this.socket.opens();
    await this.settle();
    if (this.socket.types.includes("INIT")) this.answerInit();
    await this.settle();
  }

  /**
   * Starts with a registration that follows the camera at `viewFrom(100)`, and goes on until it is accepted.
   */
  async goLive(world?: string): Promise<void> {
    this.client.register({ world, viewport: viewFrom(100) }).catch(() => {});
    await this.connect();
    await this.accept();
  }

  /** Answers the registration on the newest socket. */
  async accept(epoch = 1): Promise<void> {
    this.socket.says(registeredText(epoch, this.socket.last("REGISTER_CLIENT").id, this.registered));
    await this.settle();
  }

  answerInit(): void {
    this.socket.answers("INIT", "INIT", {
      protocol_version: "1.0",
      protocol: 1,
      server_version: "0.1.0",
      session: "s1",
      session_token: `token-${this.sockets.length}`,
      compression: "gzip",
      ack: true,
      authenticated: true,
      auth_required: false,
      server_time_ms: this.clock.now(),
      heartbeat_interval_ms: 30_000,
      dead_after_ms: 60_000,
      limits: { max_message_bytes: 65_536, max_json_depth: 32, max_json_values: 10_000 },
      ...this.greeting,
    });
  }

  #open(url: string, protocols: string[]): FakeSocket {
    const socket = new FakeSocket(url, protocols);
    this.sockets.push(socket);
    return socket;
  }
}

/** An answer, or what `fetch` rejects with once its signal aborts. */
function untilAborted(
  answer: Promise<Response>,
  signal: AbortSignal | null | undefined,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    answer.then(resolve, reject);
  });
}

/** A REGISTERED as the server writes it. */
export function registeredText(epoch: number, ref?: string, fields: Partial<Registered> = {}): string {
  return registeredMessage(
    {
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
      features: [] as readonly Feature[],
      maxBulkMessageBytes: 65_536,
      ackIntervalMs: 50,
      ...fields,
    },
    0,
    ref,
  );
}

/** A region frame of so many bytes as far as its header goes. */
export function frameOfBytes(bytes: number, morton = 5): ArrayBuffer {
  const frame = new DataView(new ArrayBuffer(bytes));
  frame.setUint32(0, MAGICS.frame, true);
  frame.setUint32(4, 0x02_04_00_01, true);
  frame.setUint32(8, morton, true);
  frame.setUint32(16, 1, true);
  frame.setUint32(20, bytes - 24, true);
  return frame.buffer;
}

/** An HTTP answer with an error as the server writes it. */
export function problem(status: number, code: string, fields: Record<string, unknown> = {}): Response {
  return Response.json({ code, detail: `${code} happened`, status, ...fields }, { status });
}
