import { isObject, readFrameHeader } from "../protocol/mod.ts";
import { formatRegionKey, parseRegionKey, type RegionKey, type Vec3 } from "../space/mod.ts";
import type { Viewport } from "../viewport/mod.ts";
import { localError } from "./client_error.ts";
import { KIND } from "./client_message.ts";
import { httpError, reach, type ServerAddress } from "./http_reach.ts";
import { pauseForGrant } from "./request_grant.ts";
import { readRegistration, type Registration } from "./server_message.ts";
import type { Timers } from "./timers.ts";

/** What requests need. */
export interface RegionRequestsDeps {
  readonly timers: Timers;
  readonly address: ServerAddress;
  /** The credential as a header, if there is one that fits. */
  readonly authorization: () => Promise<string | undefined>;
}

/** What the list says of a region. */
export interface ListedRegion {
  readonly key: RegionKey;
  readonly version: number;
  readonly lod: number;
}

/** A list of regions in view, and what asked for it. */
export interface RegionList {
  readonly url: string;
  readonly etag: string | undefined;
  readonly epoch: number;
  readonly regions: readonly ListedRegion[];
}

/** A region's frame as it was answered. */
export interface AnsweredFrame {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly version: number;
  readonly lod: number;
  readonly isEmpty: boolean;
  readonly etag: string | undefined;
}

/** An answer, and how long to wait before more is asked. */
export interface Paced<Value> {
  readonly value: Value;
  readonly pauseMs: number;
}

/** What a server says of itself to those who poll. */
export interface PollingServer {
  /** World of those who name none, if the credential is for it. */
  readonly defaultWorld: string | undefined;
  /** Longest wait for a list that has changed, in seconds; 0 if it does not wait. */
  readonly maxPollSec: number;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

interface Asking {
  /** Tag of what is held already. */
  readonly etag?: string | undefined;
  /** Statuses that are answers too. */
  readonly expected?: readonly number[];
  /** Time that the server may wait before it begins to answer. */
  readonly waitMs?: number;
}

/** An answer may take so long, to its last byte, beside what it was asked to wait. */
const ANSWER_TIMEOUT_MS = 10_000;
const NOT_MODIFIED = 304;
const NOT_FOUND = 404;

/** What is asked of a server about regions over HTTP. All of it throws {@linkcode ClientError}, or the reason of the signal. */
export class RegionRequests {
  readonly #deps: RegionRequestsDeps;

  constructor(deps: RegionRequestsDeps) {
    this.#deps = deps;
  }

  /** What the server says of itself. */
  async server(signal: AbortSignal): Promise<PollingServer> {
    const info = readJson((await this.#get(this.#url("api/info"), {}, signal)).body);
    const fields = isObject(info) ? info : {};
    const limits = isObject(fields.limits) ? fields.limits : {};
    return {
      defaultWorld: typeof fields.defaultWorld === "string" ? fields.defaultWorld : undefined,
      maxPollSec: typeof limits.maxPollSec === "number" ? limits.maxPollSec : 0,
    };
  }

  /** A world as a registration on a socket would tell of it. */
  async world(id: string, signal: AbortSignal): Promise<Registration> {
    const answer = readJson(
      (await this.#get(this.#url(`api/worlds/${encodeURIComponent(id)}`), {}, signal)).body,
    );
    if (!isObject(answer)) throw localError("MALFORMED", "The server's account of the world is no object");
    // A server with these addresses knows what is held as well.
    return readRegistration({ ...answer, world: answer.id, features: [] });
  }

  /**
   * What a camera sees of a world; the list of before if it has not changed.
   * @param waitSec how long the server may wait for a change of the list of before
   */
  async list(
    world: string,
    viewport: Viewport,
    before: RegionList | undefined,
    waitSec: number,
    signal: AbortSignal,
  ): Promise<Paced<RegionList>> {
    const url = this.#url(`api/worlds/${encodeURIComponent(world)}/regions`);
    for (const [name, value] of Object.entries(cameraQuery(viewport))) url.searchParams.set(name, value);
    const { href } = url;
    const same = before?.url === href ? before : undefined;
    const waits = waitSec > 0 && same?.etag !== undefined;
    if (waits) url.searchParams.set("wait", String(waitSec));
    const asking = { etag: same?.etag, expected: [NOT_MODIFIED], waitMs: waits ? waitSec * 1000 : 0 };
    const { status, headers, body } = await this.#get(url, asking, signal);
    const pauseMs = pauseForGrant(headers);
    if (status === NOT_MODIFIED && same !== undefined) return { value: same, pauseMs };
    const answer = readJson(body);
    if (!isObject(answer) || typeof answer.epoch !== "number" || !Array.isArray(answer.regions)) {
      throw localError("MALFORMED", "The server's list of regions cannot be read");
    }
    const etag = headers.get("etag") ?? undefined;
    const value = { url: href, etag, epoch: answer.epoch, regions: answer.regions.map(readListed) };
    return { value, pauseMs };
  }

  /** A region's frame; "unchanged" if it is the one of the tag, "gone" if there is none. */
  async region(
    world: string,
    { key, lod }: ListedRegion,
    etag: string | undefined,
    signal: AbortSignal,
  ): Promise<Paced<AnsweredFrame | "unchanged" | "gone">> {
    const name = encodeURIComponent(formatRegionKey(key));
    const url = this.#url(`api/worlds/${encodeURIComponent(world)}/regions/${name}`);
    url.searchParams.set("kind", KIND);
    url.searchParams.set("lod", String(lod));
    const expected = [NOT_MODIFIED, NOT_FOUND];
    const { status, headers, body } = await this.#get(url, { etag, expected }, signal);
    const pauseMs = pauseForGrant(headers);
    if (status === NOT_MODIFIED) return { value: "unchanged", pauseMs };
    if (status === NOT_FOUND) return { value: "gone", pauseMs };
    const header = readFrameHeader(body);
    const value = {
      bytes: body,
      version: header.version,
      lod: header.lod,
      isEmpty: header.payloadBytes === 0,
      etag: headers.get("etag") ?? undefined,
    };
    return { value, pauseMs };
  }

  #url(path: string): URL {
    return new URL(path, this.#deps.address.base);
  }

  /** A whole answer that went well, or one of the statuses that are expected. */
  async #get(
    url: URL,
    { etag, expected = [], waitMs = 0 }: Asking,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { address, authorization: authorize, timers } = this.#deps;
    const authorization = await authorize();
    signal.throwIfAborted();
    const cut = new AbortController();
    const onAbort = (): void => cut.abort(signal.reason);
    signal.addEventListener("abort", onAbort);
    const timer = timers.setTimeout(() => cut.abort(), ANSWER_TIMEOUT_MS + waitMs);
    try {
      const response = await reach(address, url, {
        headers: {
          ...(authorization === undefined ? {} : { authorization }),
          ...(etag === undefined ? {} : { "if-none-match": etag }),
        },
        cache: "no-store",
        signal: cut.signal,
      });
      const body = await bodyOf(response);
      signal.throwIfAborted();
      const { status, headers } = response;
      if (response.ok || expected.includes(status)) return { status, headers, body };
      throw httpError(response, readJson(body));
    } finally {
      timers.clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }
}

async function bodyOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw localError("UNREACHABLE", "The server's answer breaks off", cause);
  }
}

function readJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
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

function readListed(value: unknown): ListedRegion {
  const key = isObject(value) && typeof value.key === "string" ? parseRegionKey(value.key) : undefined;
  if (
    !isObject(value) || key === undefined || typeof value.version !== "number" ||
    typeof value.lod !== "number"
  ) {
    throw localError("MALFORMED", "A region in the server's list cannot be read");
  }
  return { key, version: value.version, lod: value.lod };
}
