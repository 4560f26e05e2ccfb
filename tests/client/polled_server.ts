import { type VoxcastClientOptions, WorldRegions } from "../../src/client/mod.ts";
import {
  encodeMorton,
  parseRegionKey,
  type RegionKey,
  regionKey,
  regionMorton,
} from "../../src/space/mod.ts";
import type { HeldRegion } from "../../src/protocol/mod.ts";
import type { Tree } from "../../src/tree/mod.ts";
import { FakeServer, problem, viewFrom } from "./fake_server.ts";
import { full, regionTree } from "./region_frames.ts";

/** Two states of a region, and two regions. */
export const OLD = regionTree([[0, 0xff0000ff, 0]]);
export const NEW = regionTree([[0, 0xff0000ff, 0], [9, 0xffff0000, 1]]);
export const FIRST = regionKey(4, encodeMorton(0, 0, 0));
export const SECOND = regionKey(4, encodeMorton(0, 1, 0));

/** A server behind a proxy that passes no WebSockets: regions are to be had over HTTP. */
export class PolledServer extends FakeServer {
  epoch = 1;
  /** `lod`: for the camera, as listed; `floorLod`: the finest that the server has at all. */
  readonly served = new Map<RegionKey, { tree: Tree; version: number; lod: number; floorLod?: number }>();
  readonly regions: WorldRegions;
  /** Answers of the routes of regions, beside those in order. */
  trouble: ((path: string) => Response | undefined) | undefined;
  readonly statusesOf: (readonly [path: string, status: number])[] = [];
  /** Longest wait for a list that it grants, in seconds. */
  maxPollSec = 0;
  /** When each list was asked for. */
  readonly listedAtMs: number[] = [];

  constructor(options: Partial<VoxcastClientOptions> = {}) {
    const regions = new WorldRegions({ onRegion: () => {} });
    super({ regions, ...options });
    this.regions = regions;
    this.registered = { features: ["bundles", "refinements", "deltas"] };
    this.http = async (path, headers) => {
      const isWaiting = /[?&]wait=20/.test(this.requests.at(-1)!);
      if (path.endsWith("/regions")) this.listedAtMs.push(this.clock.monotonic());
      let response = this.trouble?.(path) ?? this.#answer(path, headers);
      if (isWaiting && response.status === 304) {
        await new Promise<void>((resolve) => {
          this.change = resolve;
          this.clock.setTimeout(resolve, 20_000);
        });
        response = this.#answer(path, headers);
      }
      this.statusesOf.push([path, response.status]);
      return response;
    };
  }

  /** Has the list that is waited for answered as things are now. */
  change: () => void = () => {};

  /** Statuses of the answers about regions since the last look: of lists, and of regions. */
  take(): { lists: number[]; regions: number[] } {
    const all = this.statusesOf.splice(0);
    const of = (end: RegExp) => all.filter(([path]) => end.test(path)).map(([, status]) => status);
    return { lists: of(/\/regions$/), regions: of(/\/regions\/.+$/) };
  }

  /** Lets the present attempt fail without having opened, as far as the next one. */
  async refuse(): Promise<void> {
    this.socket.closes(1006);
    for (let i = 0; i < 4; i++) await this.settle();
    await this.wait(Math.max(0, this.status.retryAtMs! - this.clock.now()));
  }

  async wait(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms);
    await this.regions.known();
    await this.settle();
  }

  /** Starts, and fails as often as makes the client poll. */
  async poll(): Promise<void> {
    this.client.register({ viewport: viewFrom(100) }).catch(() => {});
    this.client.connect().catch(() => {});
    await this.settle();
    for (let i = 0; i < 3; i++) await this.refuse();
    await this.wait(0);
  }

  held(key: RegionKey): HeldRegion | undefined {
    return this.regions.held(key);
  }

  #answer(path: string, headers: Headers): Response {
    if (path === "/ws/render") return problem(426, "UPGRADE_REQUIRED");
    if (path === "/api/info") {
      return Response.json({ defaultWorld: "main", limits: { maxPollSec: this.maxPollSec } });
    }
    if (path === "/api/worlds/main") {
      const bounds = { min: [0, 0, 0], max: [1024, 1024, 1024] };
      return Response.json({
        id: "main",
        epoch: this.epoch,
        bounds,
        level: 4,
        depth: 6,
        content_bounds: null,
      });
    }
    const [, name] = /^\/api\/worlds\/main\/regions(?:\/(.+))?$/.exec(path)!;
    if (name === undefined) {
      const regions = [...this.served].map(([key, { version, lod }]) => ({
        key: `4/${regionMorton(key)}`,
        version,
        lod,
      }));
      const etag = JSON.stringify(JSON.stringify([this.epoch, regions]));
      if (headers.get("if-none-match") === etag) return new Response(null, { status: 304 });
      return Response.json({ world: "main", epoch: this.epoch, kind: "esvo", regions }, {
        headers: { etag },
      });
    }
    const key = parseRegionKey(decodeURIComponent(name))!;
    const region = this.served.get(key);
    if (region === undefined) return problem(404, "REGION_NOT_FOUND");
    const { tree, version, floorLod = 0 } = region;
    const asked = Number(/[?&]lod=(\d+)/.exec(this.requests.at(-1)!)![1]);
    const lod = tree.counts[0] === 0 ? 0 : Math.max(asked, floorLod);
    const etag = `"${this.epoch}-${version}-${lod}-esvo"`;
    if (headers.get("if-none-match") === etag) return new Response(null, { status: 304 });
    return new Response(full(regionMorton(key), tree, version, lod), { headers: { etag } });
  }
}
