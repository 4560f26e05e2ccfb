import {
  createRenderProfile,
  createWorldFeatures,
  HEARTBEAT_PROFILE,
  RegionClaims,
  STREAM_FEATURES_PROFILE,
} from "../../src/channels/mod.ts";
import { type Config, loadConfig } from "../../src/config/mod.ts";
import { type LogFields, type Logger, seededRandom, silentLogger } from "../../src/observe/mod.ts";
import {
  ANONYMOUS,
  type Authenticator,
  createAuthenticator,
  type Principal,
  SessionTokens,
  Violations,
} from "../../src/security/mod.ts";
import {
  type Caller,
  type Connection,
  grantedLimits,
  Kernel,
  kernelLimits,
  type Profile,
} from "../../src/session/mod.ts";
import type { ManualClock } from "../support/manual_clock.ts";
import { StreamFixture, wholeView } from "../streaming/stream_fixture.ts";

/** What a client gets, as parsed. */
export interface Message {
  readonly type: string;
  readonly id?: string;
  readonly timestamp: number;
  // deno-lint-ignore no-explicit-any
  readonly data: any;
  // deno-lint-ignore no-explicit-any
  readonly payload?: any;
}

/** A client's end of a socket that has no network: it keeps what came, and its buffer is filled and drained by hand. */
export class FakeSocket {
  readyState = 0;
  bufferedAmount = 0;
  /** While true the socket keeps what it is handed, like one whose peer does not read. */
  isStuck = false;
  binaryType = "blob";
  readonly sent: (string | Uint8Array)[] = [];
  readonly closes: { readonly code: number; readonly reason: string }[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onclose: ((event: { readonly code: number }) => void) | null = null;
  onerror: (() => void) | null = null;

  send(data: string | Uint8Array): void {
    this.sent.push(data);
    if (this.isStuck) this.bufferedAmount += data.length;
  }

  /** The server's close; the peer answers when a test says so. */
  close(code = 1005, reason = ""): void {
    if (this.readyState > 1) return;
    this.readyState = 2;
    this.closes.push({ code, reason });
  }

  /** The runtime reports that the socket is open. */
  open(): this {
    this.readyState = 1;
    this.onopen?.();
    return this;
  }

  /** The client sends. */
  say(message: string | Uint8Array<ArrayBuffer> | Record<string, unknown>): this {
    const data = typeof message === "string"
      ? message
      : message instanceof Uint8Array
      ? message.buffer
      : JSON.stringify(message);
    this.onmessage?.({ data });
    return this;
  }

  /** The client closes, or answers a close. */
  hangUp(code = 1000): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  /** The network breaks. */
  break(): void {
    this.readyState = 3;
    this.onerror?.();
    this.onclose?.({ code: 1006 });
  }

  /** Text messages that came, those that are JSON. */
  get messages(): Message[] {
    return this.sent.filter((data) => typeof data === "string" && data.startsWith("{"))
      .map((data) => JSON.parse(data as string));
  }

  /** The newest message. */
  get last(): Message {
    const message = this.messages.at(-1);
    if (message === undefined) throw new Error("Nothing has come");
    return message;
  }

  /** Types of all messages, in order. */
  get types(): string[] {
    return this.messages.map(({ type }) => type);
  }

  /** Messages of a type. */
  of(type: string): Message[] {
    return this.messages.filter((message) => message.type === type);
  }
}

/** One line of the log. */
export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly fields: LogFields;
}

/** A kernel without a network, with every profile over one small world `w`. */
export class KernelFixture implements Disposable {
  readonly config: Config;
  readonly clock: ManualClock;
  readonly kernel: Kernel;
  readonly authenticator: Authenticator;
  readonly violations: Violations;
  readonly stream: StreamFixture;
  readonly log: LogLine[] = [];
  /** What the runtime says to an upgrade from now on, instead of making a socket. */
  upgradeError: Error | undefined;
  /** What the runtime was asked for with each socket. */
  readonly upgrades: Deno.UpgradeWebSocketOptions[] = [];
  readonly profiles: Readonly<Record<"render" | "heartbeat" | "stream_features", Profile<Connection>>>;
  readonly #sockets: FakeSocket[] = [];

  private constructor(config: Config, authenticator: Authenticator, stream: StreamFixture) {
    this.config = config;
    this.authenticator = authenticator;
    this.stream = stream;
    this.clock = stream.clock;
    const violations = this.violations = new Violations({
      maxViolations: config.limits.maxViolations,
      banMs: config.limits.banSec * 1000,
      maxKeys: config.limits.maxTrackedKeys,
    });
    const random = seededRandom(7);
    const kernel: Kernel = new Kernel({
      limits: kernelLimits(config),
      authenticator,
      sessionTokens: new SessionTokens({
        clock: this.clock,
        ttlMs: config.security.sessionTokenTtlSec * 1000,
        random,
      }),
      violations,
      sources: [createWorldFeatures({
        worlds: stream.worlds,
        defaultWorld: "w",
        clock: this.clock,
        clientsIn: (world) => kernel.connections.countIn(world),
      })],
      upgrade: (_request, options) => {
        if (this.upgradeError !== undefined) throw this.upgradeError;
        this.upgrades.push(options);
        return { socket: this.#socket() as unknown as WebSocket, response: new Response() };
      },
      clock: this.clock,
      random,
      logger: this.#logger(),
      serverVersion: "0.0.0",
      grants: grantedLimits(config),
    });
    this.kernel = kernel;
    this.profiles = {
      render: createRenderProfile({
        worlds: stream.worlds,
        streamer: stream.streamer,
        connections: kernel.connections,
        defaultWorld: "w",
        lodThresholds: [75, 110],
        maxBulkMessageBytes: config.streaming.maxBulkMessageBytes,
        ackIntervalMs: config.streaming.ackIntervalMs,
        claims: new RegionClaims({
          clock: this.clock,
          maxRegions: config.limits.maxKnownRegions,
          maxBytes: config.limits.maxKnownBytes,
          ttlMs: config.limits.knownTtlMs,
        }),
        grants: grantedLimits(config),
        now: () => this.clock.now(),
      }),
      heartbeat: HEARTBEAT_PROFILE,
      stream_features: STREAM_FEATURES_PROFILE,
    };
  }

  /** @param flags settings by dotted key, beside those of the development preset */
  static async create(flags: Readonly<Record<string, unknown>> = {}): Promise<KernelFixture> {
    const { config } = loadConfig({ env: {}, flags });
    const stream = new StreamFixture();
    const authenticator = await createAuthenticator(config, {
      clock: stream.clock,
      random: seededRandom(3),
      logger: silentLogger,
    });
    return new KernelFixture(config, authenticator, stream);
  }

  /** A socket that has been upgraded and not opened. `principal: null` is a request without a credential. */
  accept(
    profile: "render" | "heartbeat" | "stream_features" = "render",
    { principal = ANONYMOUS, ...caller }: Partial<Omit<Caller, "principal">> & {
      readonly principal?: Principal | null;
    } = {},
  ): FakeSocket {
    const request = new Request("http://localhost/ws/x", { headers: { upgrade: "websocket" } });
    const principalOrNot = principal ?? undefined;
    this.kernel.accept(request, this.profiles[profile], {
      remoteAddress: "127.0.0.1",
      ...caller,
      principal: principalOrNot,
    });
    return this.#sockets.at(-1)!;
  }

  /** A socket that is open. */
  connect(...given: Parameters<KernelFixture["accept"]>): FakeSocket {
    return this.accept(...given).open();
  }

  /** Lets promises settle, such as the check of a credential. */
  settle(): Promise<void> {
    return this.clock.advanceAsync(0);
  }

  /** Lines of the log of one event. */
  logged(event: string): LogFields[] {
    return this.log.filter((line) => line.event === event).map(({ fields }) => fields);
  }

  [Symbol.dispose](): void {
    this.kernel[Symbol.dispose]();
    this.authenticator[Symbol.dispose]();
    this.stream.streamer.dispose();
  }

  #socket(): FakeSocket {
    const socket = new FakeSocket();
    this.#sockets.push(socket);
    return socket;
  }

  #logger(): Logger {
    const at = (level: string) => (event: string, fields: LogFields = {}) =>
      void this.log.push({ level, event, fields });
    return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  }
}

/** What registers a client that sees all of a world. */
export function registerMessage(world: string): Record<string, unknown> {
  const { eye, lookAt, up, ...optics } = wholeView();
  const point = ([x, y, z]: readonly [number, number, number]) => ({ x, y, z });
  const viewport = { ...optics, eye: point(eye), lookAt: point(lookAt), up: point(up) };
  return { type: "REGISTER_CLIENT", clientId: "c", world, viewport };
}
