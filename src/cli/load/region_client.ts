import { inflateSync } from "node:zlib";
import {
  type Feature,
  type HeldRegion,
  MAGICS,
  PartJoiner,
  readBulk,
  readMagic,
  readRegion,
} from "../../protocol/mod.ts";
import { type Bounds, classifyBox, FRUSTUM_NUMBERS, writePerspectivePlanes } from "../../space/mod.ts";
import { TREE_KINDS } from "../../tree/mod.ts";
import type { Viewport } from "../../viewport/mod.ts";
import type { Problems } from "./problems.ts";
import { RegionBook } from "./region_book.ts";
import type { LoadClient, LoadLink } from "./workload.ts";

/** What a client of regions needs, and whom it tells. */
export interface RegionClientOptions {
  readonly index: number;
  readonly world: string;
  readonly features: readonly Feature[];
  /** Milliseconds between two viewports; Infinity: only the first one. */
  readonly viewIntervalMs: number;
  /** Where the camera is at a time. */
  readonly cameraAt: (nowMs: number) => Viewport;
  /** Whether every frame is decoded and its content kept. */
  readonly isVerifying: boolean;
  readonly problems: Problems;
  /** A frame of a region has come. */
  readonly onFrame: (client: RegionClient, morton: number, nowMs: number) => void;
  /** The camera has moved. */
  readonly onView: (client: RegionClient) => void;
}

/** Longest message that is joined of parts. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
const BULK: readonly (number | undefined)[] = [MAGICS.frame, MAGICS.bundle, MAGICS.part];

/** A client of the render socket that looks at a world, moves its camera, checks what comes and acknowledges it. */
export class RegionClient implements LoadClient {
  readonly path = "render";
  readonly index: number;
  receivedBytes = 0;
  messages = 0;
  frames = 0;
  /** Messages of the server that something is held back. */
  heldBack = 0;
  /** Whether it is registered and its socket open. */
  isStreaming = false;
  /** What it decoded, by Morton code; only if it verifies. */
  readonly content = new Map<number, HeldRegion>();
  readonly #options: RegionClientOptions;
  readonly #joiner = new PartJoiner({ maxTotalBytes: MAX_MESSAGE_BYTES });
  readonly #planes = { planes: new Float64Array(FRUSTUM_NUMBERS) };
  #book: RegionBook | undefined;
  #viewport: Viewport | undefined;
  #link: LoadLink | undefined;
  #nextViewMs = Infinity;
  #ackIntervalMs = Infinity;
  #nextAckMs = 0;
  #ackedBytes = 0;

  constructor(options: RegionClientOptions) {
    this.#options = options;
    this.index = options.index;
  }

  /** What it holds; undefined before it has registered. */
  get book(): RegionBook | undefined {
    return this.#book;
  }

  /** The camera that the server was told of last. */
  get viewport(): Viewport | undefined {
    return this.#viewport;
  }

  /** Whether a cube is in view, by the camera that the server was told of last. */
  sees({ min, max }: Bounds): boolean {
    return this.#viewport !== undefined &&
      classifyBox(this.#planes, min[0], min[1], min[2], max[0] - min[0], 0b111111) >= 0;
  }

  onOpen(link: LoadLink, nowMs: number): void {
    this.#link = link;
    const { index, world, features, cameraAt } = this.#options;
    const viewport = cameraAt(nowMs);
    this.#look(viewport);
    link.send(JSON.stringify({
      type: "REGISTER_CLIENT",
      clientId: `load-${index}`,
      world,
      protocol: 1,
      codecs: [2],
      features,
      viewport: wireViewport(viewport),
    }));
  }

  onText(text: string, nowMs: number): void {
    const { type, data = {} } = JSON.parse(text) as { type: string; data?: Record<string, unknown> };
    if (type === "REGISTERED") this.#registered(data, nowMs);
    else if (type === "BACKPRESSURE" && data["state"] === "held") this.heldBack++;
    else if (type === "ERROR" || type === "RATE_LIMIT_WARNING" || type === "RESYNC") {
      this.#problem("messages of the server", `${type} ${JSON.stringify(data)}`);
    }
  }

  onBinary(message: ArrayBuffer, nowMs: number): void {
    const bytes = new Uint8Array(message);
    this.messages++;
    if (BULK.includes(readMagic(bytes))) this.receivedBytes += bytes.length;
    else this.#problem("magics", `a binary message begins with ${bytes.subarray(0, 4).toHex()}`);
    try {
      const whole = this.#joiner.push(bytes);
      if (whole === undefined) return;
      for (const frame of readBulk(whole)) this.#takeFrame(frame, nowMs);
    } catch (error) {
      this.#problem("messages of regions", error instanceof Error ? error.message : String(error));
    }
  }

  tick(nowMs: number): void {
    if (!this.isStreaming) return;
    if (nowMs >= this.#nextViewMs) {
      this.#nextViewMs = Math.max(nowMs, this.#nextViewMs + this.#options.viewIntervalMs);
      this.#move(this.#options.cameraAt(nowMs));
    }
    if (this.receivedBytes !== this.#ackedBytes && nowMs >= this.#nextAckMs) {
      this.#ackedBytes = this.receivedBytes;
      this.#nextAckMs = nowMs + this.#ackIntervalMs;
      this.#link!.send(`{"type":"ACK","data":{"received_bytes":${this.receivedBytes}}}`);
    }
  }

  onClose(): void {
    this.isStreaming = false;
  }

  /** The camera stays where it is from now on; acknowledgements go on. */
  freeze(): void {
    this.#nextViewMs = Infinity;
  }

  #registered(data: Readonly<Record<string, unknown>>, nowMs: number): void {
    const { index, viewIntervalMs } = this.#options;
    const { level, depth, features, ack_interval_ms: ackMs } = data as Record<string, unknown>;
    const kind = TREE_KINDS.find((name) => name === data["kind"]);
    if (
      typeof level !== "number" || typeof depth !== "number" || kind === undefined || !Array.isArray(features)
    ) {
      this.#problem("messages of the server", `REGISTERED ${JSON.stringify(data)}`);
      return;
    }
    this.#book = new RegionBook({ level, depth, kind, features }, (text) => this.#problem("headers", text));
    this.isStreaming = true;
    if (features.includes("flow") && typeof ackMs === "number") this.#ackIntervalMs = ackMs;
    else this.#nextAckMs = Infinity;
    // Not all at the same moment.
    this.#nextViewMs = nowMs + viewIntervalMs * ((index * 0.618034) % 1);
    this.#link!.ready();
  }

  #takeFrame(frame: Uint8Array, nowMs: number): void {
    this.frames++;
    if (this.#book === undefined) {
      this.#problem("headers", "a frame came before REGISTERED");
      return;
    }
    const morton = this.#book.take(frame, nowMs);
    if (morton === undefined) return;
    if (this.#options.isVerifying) this.#decode(frame, morton);
    this.#options.onFrame(this, morton, nowMs);
  }

  #decode(frame: Uint8Array, morton: number): void {
    try {
      const held = readRegion(
        this.content.get(morton),
        frame,
        (deflated) => new Uint8Array(inflateSync(deflated)),
      );
      this.content.set(morton, held);
    } catch (error) {
      this.#problem("decoded frames", error instanceof Error ? error.message : String(error));
    }
  }

  #move(viewport: Viewport): void {
    this.#look(viewport);
    this.#link!.send(JSON.stringify({
      type: "UPDATE_VIEWPORT",
      clientId: `load-${this.index}`,
      viewport: wireViewport(viewport),
    }));
    this.#options.onView(this);
  }

  #look(viewport: Viewport): void {
    this.#viewport = viewport;
    writePerspectivePlanes(viewport, this.#planes.planes);
  }

  #problem(check: string, text: string): void {
    this.#options.problems.add(check, `client ${this.index}: ${text}`);
  }
}

function wireViewport({ eye, lookAt, up, ...lens }: Viewport): Record<string, unknown> {
  const point = ([x, y, z]: Viewport["eye"]) => ({ x, y, z });
  return { ...lens, eye: point(eye), lookAt: point(lookAt), up: point(up) };
}
