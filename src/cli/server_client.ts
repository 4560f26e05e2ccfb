import { PATCH_MEDIA_TYPE } from "../protocol/mod.ts";
import { type Bounds, createGrid, type Grid, type Vec3 } from "../space/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import { unreachableAdvice } from "./unreachable_advice.ts";

/** The part of `fetch` that is used. */
export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

export interface ServerClientOptions {
  readonly server: URL;
  readonly world: string;
  readonly key?: string;
  readonly fetch: Fetch;
  readonly signal?: AbortSignal;
}

/** The server refused, or could not be reached; the message says what to do. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  /** Code of the server's catalogue; empty when there was no answer, or none of its own. */
  readonly code: string;
  /** What the server itself said of it. */
  readonly detail: string;
  /** Set when trying again later can help. */
  readonly retryAfterMs: number | undefined;
  /** Whether the connection failed, as opposed to the request. */
  readonly isUnreachable: boolean;

  constructor(
    message: string,
    options: ErrorOptions & {
      readonly code?: string;
      readonly detail?: string;
      readonly retryAfterMs?: number | undefined;
      readonly isUnreachable?: boolean;
    } = {},
  ) {
    super(message, options);
    this.code = options.code ?? "";
    this.detail = options.detail ?? message;
    this.retryAfterMs = options.retryAfterMs;
    this.isUnreachable = options.isUnreachable ?? false;
  }
}

const DEFAULT_RETRY_MS = 250;
const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Media types of answers that are no text. */
const BINARY = /^(?:application\/octet-stream|image\/)/;
const WAIT_STATUS: readonly number[] = [429, 503];
/** Why a world is not made that may be there all the same. */
const NOT_MADE: readonly string[] = ["WORLD_EXISTS", "NOT_ALLOWED"];

/** The REST calls of the commands that talk to a server. Every method throws ServerError, or the signal's reason. */
export class ServerClient {
  readonly #options: ServerClientOptions;

  constructor(options: ServerClientOptions) {
    this.#options = options;
  }

  /** Page that shows the world. */
  get viewerUrl(): string {
    const url = new URL("/", this.#options.server);
    url.searchParams.set("world", this.#options.world);
    return url.href;
  }

  /**
   * Makes the world with the server's own grid; one that is there already is left as it is. A key that may not make worlds
   * may still edit one, so whether there is one to edit is left for the next request to find out.
   *
   * @param kind what clients of a new world get that ask for none; the server's own choice if left out
   * @returns whether this call made it
   */
  async ensureWorld(kind?: TreeKind): Promise<boolean> {
    const body = JSON.stringify({ id: this.#options.world, ...(kind === undefined ? {} : { kind }) });
    const headers = { "content-type": "application/json" };
    try {
      return (await this.#send("POST", "/api/worlds", { body, headers })).status === 201;
    } catch (error) {
      if (!(error instanceof ServerError && NOT_MADE.includes(error.code))) throw error;
      return false;
    }
  }

  /** Deletes the world, unless somebody has put something into it. */
  async deleteEmptyWorld(): Promise<void> {
    const { voxels, entities } = (await this.#request("GET", this.#path()) ?? {}) as Partial<WorldAnswer>;
    if (voxels === 0 && entities === 0) await this.#request("DELETE", this.#path());
  }

  /** How the world is cut, and the kind of tree that its clients get. */
  async world(): Promise<{ readonly grid: Grid; readonly kind: TreeKind; readonly content: Bounds | null }> {
    const answer = await this.#request("GET", this.#path());
    try {
      const { bounds, level, depth, kind, content_bounds: content = null } = answer as WorldAnswer;
      return { grid: createGrid(bounds, level, depth), kind, content };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ServerError(`${this.#options.server.origin} answers like no Voxcast server: ${why}`, {
        cause: error,
      });
    }
  }

  /** Removes all voxels of the world. */
  async clearVoxels(): Promise<void> {
    await this.#request("DELETE", `${this.#path()}/voxels`);
  }

  /** Writes an encoded patch; answers how many of its cells the server did not take. */
  async sendPatch(patch: Uint8Array<ArrayBuffer>): Promise<number> {
    const headers = { "content-type": PATCH_MEDIA_TYPE };
    const answer = await this.#request("POST", `${this.#path()}/voxels`, { body: patch, headers });
    return (answer as { error_count?: number } | undefined)?.error_count ?? 0;
  }

  /** What is at an address of the server. */
  async get(path: string): Promise<unknown> {
    return await this.#request("GET", path);
  }

  /** What is at an address below the world's own, such as `/regions`. */
  async getOfWorld(path: string): Promise<unknown> {
    return await this.#request("GET", this.#path() + path);
  }

  /** The bytes of the frame of a region. */
  async regionFrame(key: string, kind: TreeKind, lod: number): Promise<Uint8Array> {
    const query = `?kind=${kind}&lod=${lod}`;
    const path = `${this.#path()}/regions/${encodeURIComponent(key)}${query}`;
    return (await this.#send("GET", path)).bytes;
  }

  /** A picture of the world, as PNG. */
  async picture(query: URLSearchParams): Promise<Uint8Array> {
    const { bytes } = await this.#send("GET", `${this.#path()}/snapshot.png?${query}`);
    if (PNG_SIGNATURE.every((byte, i) => bytes[i] === byte)) return bytes;
    throw new ServerError(`${this.#options.server.origin} answers like no Voxcast server: that is no PNG`);
  }

  /** Sends JSON to an address below the world's own. */
  async postToWorld(path: string, value: unknown): Promise<unknown> {
    return await this.post(this.#path() + path, value);
  }

  /** Sends JSON to an address of the server. */
  async post(path: string, value: unknown): Promise<unknown> {
    const headers = { "content-type": "application/json" };
    return await this.#request("POST", path, { body: JSON.stringify(value), headers });
  }

  #path(): string {
    return `/api/worlds/${encodeURIComponent(this.#options.world)}`;
  }

  async #request(method: string, path: string, content?: RequestContent): Promise<unknown> {
    return (await this.#send(method, path, content)).answer;
  }

  async #send(
    method: string,
    path: string,
    { body, headers }: RequestContent = {},
  ): Promise<{ readonly status: number; readonly answer: unknown; readonly bytes: Uint8Array }> {
    const { key, signal } = this.#options;
    let response: Response;
    let bytes: Uint8Array;
    try {
      response = await this.#options.fetch(new URL(path, this.#options.server), {
        method,
        headers: {
          accept: "application/json",
          ...headers,
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        },
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      });
      bytes = await response.bytes();
    } catch (error) {
      signal?.throwIfAborted();
      throw this.#unreachable(error);
    }
    const isJson = !BINARY.test(response.headers.get("content-type") ?? "");
    const answer = isJson ? parseAnswer(new TextDecoder().decode(bytes)) : undefined;
    if (response.ok) return { status: response.status, answer, bytes };
    throw this.#refusal(response, answer);
  }

  #unreachable(error: unknown): ServerError {
    const { origin } = this.#options.server;
    const why = rootReason(error);
    const advice = error instanceof Deno.errors.NotCapable
      ? `The permission does not cover it. Run with --allow-net=${this.#options.server.host}`
      : unreachableAdvice(why, this.#options.server);
    return new ServerError(`Cannot reach a server at ${origin} (${why}). ${advice}`, {
      cause: error,
      isUnreachable: true,
    });
  }

  #refusal(response: Response, answer: unknown): ServerError {
    const { origin } = this.#options.server;
    const problem = (typeof answer === "object" && answer !== null ? answer : {}) as Problem;
    const code = typeof problem.code === "string" ? problem.code : "";
    const detail = typeof problem.detail === "string" ? problem.detail : `status ${response.status}`;
    const waits = WAIT_STATUS.includes(response.status);
    const retryAfterMs = waits ? retryAfter(response, problem) : undefined;
    return new ServerError(`${origin} refuses: ${detail}${advice(response.status, code, this.#options)}`, {
      code,
      detail,
      retryAfterMs,
    });
  }
}

/** `fetch` only says that it failed; its cause says why. */
function rootReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

interface RequestContent {
  readonly body?: BodyInit;
  readonly headers?: Record<string, string>;
}

interface WorldAnswer {
  readonly bounds: { readonly min: Vec3; readonly max: Vec3 };
  readonly level: number;
  readonly depth: number;
  readonly kind: TreeKind;
  readonly voxels: number;
  readonly entities: number;
  /** What it holds; null if nothing. */
  readonly "content_bounds"?: Bounds | null;
}

/** Problem JSON, as far as it is used; nothing is certain about what a stranger's server sends. */
interface Problem {
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly "retry_after_ms"?: unknown;
}

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // An answer of something else than this server; its status tells enough.
  }
}

/** Milliseconds from the body, else the seconds of the header. */
function retryAfter(response: Response, problem: Problem): number {
  if (typeof problem.retry_after_ms === "number") return Math.max(0, problem.retry_after_ms);
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  return seconds >= 0 ? seconds * 1000 : DEFAULT_RETRY_MS;
}

function advice(status: number, code: string, { key }: ServerClientOptions): string {
  if (code === "NOT_ALLOWED") return ". Give a key with --key that allows it";
  // A server may know the host under other names only; no key helps there.
  if (status === 401 || (status === 403 && code !== "FORBIDDEN")) {
    return key === undefined
      ? ". Give its API key with --key"
      : ". The key given with --key is not the server's";
  }
  if (code === "VOXEL_LIMIT" || code === "MEMORY_LIMIT") {
    return ". Import with a lower --resolution, or empty the world with --replace";
  }
  return "";
}
