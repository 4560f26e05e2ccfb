import { inflateSync } from "node:zlib";
import {
  encodeKnown,
  type Feature,
  type FrameHeader,
  type HeldRegion,
  type KnownTarget,
  PartJoiner,
  readBulk,
  readFrameHeader,
  readRegion,
} from "../../src/protocol/mod.ts";
import { type RegionKey, regionMorton } from "../../src/space/mod.ts";
import { hashSamples } from "../../src/tree/mod.ts";
import type { Viewport } from "../../src/viewport/mod.ts";
import type { World } from "../../src/world/mod.ts";
import { waitFor } from "../support/wait_for.ts";
import { viewportFields } from "./running_server.ts";

/** A frame as it came. */
export interface CameFrame {
  readonly header: FrameHeader;
  readonly bytes: number;
}

/** What a client holds of the regions of one world, by Morton code. */
export type Holding = Map<number, HeldRegion>;

const MAX_BYTES = 64 * 1024;

/** A test's own client of region streams in all their forms: decodes all that comes and counts every byte of either way. */
export class StreamClient implements AsyncDisposable {
  readonly frames: CameFrame[] = [];
  readonly held: Holding;
  /** Bytes of messages sent and received, without what WebSocket puts around them. */
  sentBytes = 0;
  receivedBytes = 0;
  /** Of the last REGISTERED. */
  registered: KnownTarget | undefined;
  readonly #socket: WebSocket;
  readonly #joiner = new PartJoiner({ maxTotalBytes: 1 << 24 });
  #problem: unknown;
  #isClosed = false;

  private constructor(socket: WebSocket, held: Holding) {
    this.#socket = socket;
    this.held = held;
    socket.binaryType = "arraybuffer";
    socket.onclose = () => this.#isClosed = true;
    socket.onmessage = ({ data }) => {
      this.receivedBytes += typeof data === "string"
        ? new TextEncoder().encode(data).length
        : data.byteLength;
      if (typeof data === "string") {
        const { type, data: fields } = JSON.parse(data);
        if (type === "REGISTERED") {
          const { world, epoch, level, kind } = fields;
          this.registered = { world, epoch, level, kind };
        }
        return;
      }
      try {
        this.#take(new Uint8Array(data));
      } catch (error) {
        this.#problem = error;
      }
    };
  }

  /** @param held what an earlier client held, which this one goes on with */
  static async connect(url: string, held: Holding = new Map()): Promise<StreamClient> {
    const client = new StreamClient(new WebSocket(url), held);
    await waitFor(() => client.#socket.readyState === WebSocket.OPEN, {
      what: "the socket to open",
      intervalMs: 0,
    });
    return client;
  }

  /** Says what is held of a world whose REGISTERED this was. */
  know(target: KnownTarget): void {
    const regions = [...this.held].map(([morton, region]) => ({
      morton,
      version: region.version,
      lod: region.lod,
      hash: hashSamples(region),
    }));
    for (const message of encodeKnown("KNOWN", target, regions, MAX_BYTES)) {
      this.#send(message);
    }
  }

  /** Registers and waits for the answer. */
  async register(view: Viewport, features: readonly Feature[]): Promise<void> {
    this.registered = undefined;
    this.#send(JSON.stringify({
      type: "REGISTER_CLIENT",
      clientId: "test",
      viewport: viewportFields(view),
      features,
    }));
    await waitFor(() => this.registered, { what: "REGISTERED", intervalMs: 0 });
  }

  /** Waits until this is held of regions of a world, by default of all, voxel by voxel. Throws what went wrong meanwhile. */
  async holds(world: World, keys: Iterable<RegionKey> = world.regions.keys(), intervalMs = 5): Promise<void> {
    const wanted = [...keys];
    await waitFor(() => {
      if (this.#problem !== undefined) throw this.#problem;
      return wanted.every((key) => this.holdsRegion(world, key));
    }, { what: "the client to hold the world", intervalMs });
  }

  /** Whether this is held of a region, voxel by voxel. */
  holdsRegion(world: World, key: RegionKey): boolean {
    const held = this.held.get(regionMorton(key));
    if (held === undefined || held.version !== world.region(key)!.version) return false;
    const { samples } = world.snapshot(key);
    return held.lod === 0 && held.keys.length === samples.keys.length &&
      samples.keys.every((cell, i) => held.keys[i] === cell && held.colors[i] === samples.colors[i]);
  }

  /** Hangs up. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.readyState <= WebSocket.OPEN) this.#socket.close();
    await waitFor(() => this.#isClosed, { what: "the socket to close" });
  }

  #send(message: string | Uint8Array<ArrayBuffer>): void {
    this.sentBytes += typeof message === "string" ? new TextEncoder().encode(message).length : message.length;
    this.#socket.send(message);
  }

  #take(message: Uint8Array): void {
    const whole = this.#joiner.push(message);
    for (const frame of whole === undefined ? [] : readBulk(whole)) {
      const header = readFrameHeader(frame);
      const held = this.held.get(header.morton);
      this.held.set(
        header.morton,
        readRegion(held, frame, (deflated) => new Uint8Array(inflateSync(deflated))),
      );
      this.frames.push({ header, bytes: frame.length });
    }
  }
}
