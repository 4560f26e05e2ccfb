import { isObject, readFrameHeader } from "../protocol/mod.ts";
import { formatRegionKey, parseRegionKey, type RegionKey, type Vec3 } from "../space/mod.ts";
import type { Viewport } from "../viewport/mod.ts";
import { type ClientError, localError, toClientError } from "./client_error.ts";
import { KIND } from "./client_message.ts";
import { httpError, reach, readJson, type ServerAddress } from "./http_reach.ts";
import { readRegistration, type Registration } from "./server_message.ts";
import type { Timers } from "./timers.ts";

/** What a poller needs, and whom it tells. */
export interface RegionPollerDeps {
  readonly timers: Timers;
  readonly address: ServerAddress;
  /** Time between two rounds. */
  readonly intervalMs: number;
  /** The world that is wanted; undefined if it is the server's default. */
  readonly world: () => string | undefined;
  /** The newest view. */
  readonly viewport: () => Viewport | undefined;
  /** The credential as a header, if there is one that fits. */
  readonly authorization: () => Promise<string | undefined>;
  /** The world is another one, or has begun anew, or is asked for the first time. */
  readonly onWorld: (registration: Registration) => void;
  /** The server was told of this view. */
  readonly onViewport: (viewport: Viewport) => void;
  readonly onFrame: (frame: Uint8Array<ArrayBuffer>) => void;
  readonly onError: (error: ClientError) => void;
  /** Whether regions come this way has changed. */
  readonly onServing: () => void;
}

/** What the list says of a region. */
interface Listed {
  readonly key: RegionKey;
  readonly version: number;
  readonly lod: number;
}

/** What is held of a region. */
interface Fetched {
  readonly version: number;
  /** LOD that it came at ... */
  readonly lod: number;
  /** ... and that was asked for: the server may have it finer later. */
  readonly askedLod: number;
  /** An empty region is the same at every LOD. */
  readonly isEmpty: boolean;
  /** Of the answer that brought it. */
  readonly etag: string | undefined;
}

/** A list of regions in view, and what asked for it. */
interface RegionList {
  readonly url: string;
  readonly etag: string | undefined;
  readonly epoch: number;
  readonly regions: readonly Listed[];
}

/** Requests under way at the same time. */
const MAX_PARALLEL = 4;
/** An answer may take so long. */
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Fetches the regions in view over HTTP, round after round: the list of those in view, then each whose version or level of
 * detail is not the one that was asked for. What has not changed costs an answer without a body, and one more as long as
 * there are regions that came coarser than they were asked for: these are asked for again by turns, one a round.
 */
export class RegionPoller {
  readonly #deps: RegionPollerDeps;
  #abort: AbortController | undefined;
  #isServing = false;
  #defaultName: string | undefined;
  #registration: Registration | undefined;
  #list: RegionList | undefined;
  readonly #fetched = new Map<RegionKey, Fetched>();

  constructor(deps: RegionPollerDeps) {
    this.#deps = deps;
  }

  /** Whether regions come this way: the rounds go on, and the server answers. */
  get isServing(): boolean {
    return this.#isServing;
  }

  /** Starts the rounds; nothing happens if they go on already. */
  start(): void {
    if (this.#abort !== undefined) return;
    const abort = this.#abort = new AbortController();
    void this.#run(abort.signal);
  }

  /** Ends them: nothing is told any more. What was fetched is forgotten, as others go on from here. */
  stop(): void {
    this.#abort?.abort();
    this.#abort = undefined;
    this.#isServing = false;
    this.#defaultName = undefined;
    this.#registration = undefined;
    this.#list = undefined;
    this.#fetched.clear();
  }

  /** These regions are fetched again in the next round. */
  refetch(keys: Iterable<RegionKey>): void {
    for (const key of keys) this.#fetched.delete(key);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { intervalMs, onError } = this.#deps;
    while (!signal.aborted) {
      let waitMs = intervalMs;
      try {
        await this.#round(signal);
        if (signal.aborted) return;
        this.#serves(true);
      } catch (thrown) {
        if (signal.aborted) return;
        const error = toClientError(thrown);
        waitMs = Math.max(intervalMs, error.retryAfterMs ?? 0);
        if (error.code === "UNREACHABLE") this.#serves(false);
        onError(error);
      }
      await this.#pause(waitMs, signal);
    }
  }

  #serves(isServing: boolean): void {
    if (isServing === this.#isServing) return;
    this.#isServing = isServing;
    this.#deps.onServing();
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { viewport: view, onViewport } = this.#deps;
    if (view() === undefined) return;
    const world = this.#deps.world() ?? (this.#defaultName ??= await this.#defaultWorld(signal));
    if (this.#registration?.world !== world) await this.#begin(world, signal);
    // Asked for now, as whoever is shown another world may look at it from elsewhere.
    const viewport = view()!;
    const before = this.#list;
    const list = this.#list = await this.#regionsInView(world, viewport, signal);
    if (this.#registration!.epoch !== list.epoch) {
      await this.#begin(world, signal);
      return await this.#round(signal);
    }
    if (list.url !== before?.url) onViewport(viewport);
    // What is out of view may be dropped by whoever holds it.
    const listed = new Set(list.regions.map(({ key }) => key));
    for (const key of this.#fetched.keys()) if (!listed.has(key)) this.#fetched.delete(key);
    const next = this.#due(list.regions).values();
    const fetchAll = async () => {
      for (const region of next) await this.#fetchRegion(world, region, signal);
    };
    await Promise.all(Array.from({ length: MAX_PARALLEL }, fetchAll));
  }

  /** What is not held as it is listed, and one of what came coarser than that: the one that was asked for longest ago. */
  #due(listed: readonly Listed[]): Listed[] {
    const due = listed.filter(({ key, version, lod }) => {
      const fetched = this.#fetched.get(key);
      return fetched?.version !== version || (fetched.askedLod !== lod && !fetched.isEmpty);
    });
    if (due.length > 0) return due;
    for (const [key, fetched] of this.#fetched) {
      if (fetched.isEmpty || fetched.lod <= fetched.askedLod) continue;
      // The last one to be asked for stands last.
      this.#fetched.delete(key);
      this.#fetched.set(key, fetched);
      return [{ key, version: fetched.version, lod: fetched.askedLod }];
    }
    return [];
  }

  /** The name of the world of those who name none. */
  async #defaultWorld(signal: AbortSignal): Promise<string> {
    const info = await this.#json("api/info", signal);
    if (!isObject(info) || typeof info.defaultWorld !== "string") {
      throw localError("MALFORMED", "The server does not name its default world");
    }
    return info.defaultWorld;
  }

  async #begin(world: string, signal: AbortSignal): Promise<void> {
    const answer = await this.#json(`api/worlds/${encodeURIComponent(world)}`, signal);
    if (!isObject(answer)) throw localError("MALFORMED", "The server's account of the world is no object");
    // A server with these addresses knows what is held as well.
    const registration = readRegistration({ ...answer, world: answer.id, features: [] });
    this.#fetched.clear();
    this.#registration = registration;
    this.#deps.onWorld(registration);
  }

  async #regionsInView(world: string, viewport: Viewport, signal: AbortSignal): Promise<RegionList> {
    const url = new URL(`api/worlds/${encodeURIComponent(world)}/regions`, this.#deps.address.base);
    for (const [name, value] of Object.entries(cameraQuery(viewport))) url.searchParams.set(name, value);
    const before = this.#list?.url === url.href ? this.#list : undefined;
    const response = await this.#get(url, before?.etag, signal, [304]);
    if (response.status === 304 && before !== undefined) return before;
    const answer = await readJson(response);
    signal.throwIfAborted();
    if (!isObject(answer) || typeof answer.epoch !== "number" || !Array.isArray(answer.regions)) {
      throw localError("MALFORMED", "The server's list of regions cannot be read");
    }
    const etag = response.headers.get("etag") ?? undefined;
    return { url: url.href, etag, epoch: answer.epoch, regions: answer.regions.map(readListed) };
  }

  async #fetchRegion(world: string, { key, lod }: Listed, signal: AbortSignal): Promise<void> {
    const name = encodeURIComponent(formatRegionKey(key));
    const path = `api/worlds/${encodeURIComponent(world)}/regions/${name}`;
    const url = new URL(path, this.#deps.address.base);
    url.searchParams.set("kind", KIND);
    url.searchParams.set("lod", String(lod));
    const before = this.#fetched.get(key);
    const response = await this.#get(url, before?.etag, signal, [304, 404]);
    // Whoever could not use it may have asked for it anew meanwhile.
    if (response.status === 304 && before !== undefined && this.#fetched.get(key) === before) {
      this.#fetched.set(key, { ...before, askedLod: lod });
    }
    if (response.status !== 200) return;
    const frame = new Uint8Array(await response.arrayBuffer());
    signal.throwIfAborted();
    const header = readFrameHeader(frame);
    const etag = response.headers.get("etag") ?? undefined;
    const { version, payloadBytes } = header;
    this.#fetched.set(key, { version, lod: header.lod, askedLod: lod, isEmpty: payloadBytes === 0, etag });
    this.#deps.onFrame(frame);
  }

  async #json(path: string, signal: AbortSignal): Promise<unknown> {
    const answer = await readJson(
      await this.#get(new URL(path, this.#deps.address.base), undefined, signal, []),
    );
    signal.throwIfAborted();
    return answer;
  }

  /** An answer that went well, or one of the statuses that are expected. @throws {ClientError} for any other */
  async #get(
    url: URL,
    etag: string | undefined,
    signal: AbortSignal,
    expected: readonly number[],
  ): Promise<Response> {
    const { address, authorization: authorize, timers } = this.#deps;
    const authorization = await authorize();
    signal.throwIfAborted();
    const late = new AbortController();
    const timer = timers.setTimeout(() => late.abort(), ANSWER_TIMEOUT_MS);
    try {
      const response = await reach(address, url, {
        headers: {
          ...(authorization === undefined ? {} : { authorization }),
          ...(etag === undefined ? {} : { "if-none-match": etag }),
        },
        cache: "no-store",
        signal: AbortSignal.any([signal, late.signal]),
      });
      signal.throwIfAborted();
      if (response.ok || expected.includes(response.status)) return response;
      throw httpError(response, await readJson(response));
    } finally {
      timers.clearTimeout(timer);
    }
  }

  #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    const { timers } = this.#deps;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const timer = timers.setTimeout(resolve, delayMs);
      signal.addEventListener("abort", () => {
        timers.clearTimeout(timer);
        resolve();
      }, { once: true });
    });
  }
}

/** A camera as the address of a list has it. */
function cameraQuery(viewport: Viewport): Readonly<Record<string, string>> {
  const { eye, lookAt, up, fovY, aspectRatio, nearPlane, farPlane, heightPx } = viewport;
  const point = (v: Vec3) => v.join(",");
  return {
    eye: point(eye),
    look: point(lookAt),
    up: point(up),
    fov: String(fovY),
    aspect: String(aspectRatio),
    near: String(nearPlane),
    far: String(farPlane),
    kind: KIND,
    ...(heightPx === undefined ? {} : { height: String(heightPx) }),
  };
}

function readListed(value: unknown): Listed {
  const key = isObject(value) && typeof value.key === "string" ? parseRegionKey(value.key) : undefined;
  if (
    !isObject(value) || key === undefined || typeof value.version !== "number" ||
    typeof value.lod !== "number"
  ) {
    throw localError("MALFORMED", "A region in the server's list cannot be read");
  }
  return { key, version: value.version, lod: value.lod };
}
