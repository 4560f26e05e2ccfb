import type { Clock } from "../observe/mod.ts";
import { encodePatch, type PatchCells } from "../protocol/mod.ts";
import { pause } from "./pause.ts";
import { type ServerClient, ServerError } from "./server_client.ts";

export interface UploadOptions {
  readonly client: ServerClient;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Voxels sent so far. */
  readonly onProgress?: (done: number) => void;
}

/** What became of the patches. */
export interface Uploaded {
  /** Cells that the server did not take. */
  readonly refused: number;
  /** How often the server asked to wait. */
  readonly waits: number;
}

/** Tries after a connection that failed in the middle; patches may arrive twice without harm. */
const MAX_RECONNECTS = 5;
const RECONNECT_MS = 250;
/** How long a server may be busy in one go. */
const BUSY_TIMEOUT_MS = 300_000;

/**
 * Sends patches one after the other. A busy server (429, 503) is given the time that it asks for; a patch that is too
 * large for it is halved; a lost connection is tried again a few times.
 *
 * Throws ServerError for everything else: patches sent until then stay in the world.
 */
export async function uploadPatches(
  patches: readonly PatchCells[],
  options: UploadOptions,
): Promise<Uploaded> {
  const upload = new Upload(options);
  for (const patch of patches) await upload.send(patch);
  return upload;
}

class Upload implements Uploaded {
  refused = 0;
  waits = 0;
  readonly #options: UploadOptions;
  #done = 0;

  constructor(options: UploadOptions) {
    this.#options = options;
  }

  async send(patch: PatchCells): Promise<void> {
    try {
      this.refused += await this.#sendWhenFree(encodePatch(patch));
    } catch (error) {
      if (!isTooLarge(error) || patch.colors.length < 2) throw error;
      for (const half of halves(patch)) await this.send(half);
      return;
    }
    this.#done += patch.colors.length;
    this.#options.onProgress?.(this.#done);
  }

  async #sendWhenFree(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    const { client, clock, signal } = this.#options;
    const deadline = clock.monotonic() + BUSY_TIMEOUT_MS;
    let reconnects = 0;
    while (true) {
      signal?.throwIfAborted();
      try {
        return await client.sendPatch(bytes);
      } catch (error) {
        const waitMs = waitBefore(error, reconnects);
        if (waitMs === undefined || clock.monotonic() >= deadline) throw error;
        if ((error as ServerError).isUnreachable) reconnects++;
        else this.waits++;
        await pause(clock, waitMs, signal);
      }
    }
  }
}

/** Time until another try can help; undefined when none does. */
function waitBefore(error: unknown, reconnects: number): number | undefined {
  if (!(error instanceof ServerError)) return undefined;
  if (error.isUnreachable) return reconnects < MAX_RECONNECTS ? RECONNECT_MS * 2 ** reconnects : undefined;
  return error.retryAfterMs;
}

function isTooLarge(error: unknown): boolean {
  return error instanceof ServerError && error.code === "PAYLOAD_TOO_LARGE";
}

function halves({ positions, colors, materials }: PatchCells): PatchCells[] {
  const middle = colors.length >> 1;
  return [[0, middle], [middle, colors.length]].map(([from, to]) => ({
    positions: positions.subarray(from! * 3, to! * 3),
    colors: colors.subarray(from, to),
    ...(materials === undefined ? {} : { materials: materials.subarray(from, to) }),
  }));
}
