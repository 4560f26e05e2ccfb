import { createApp } from "../app.ts";
import { type Config, defaultConfig } from "../config/mod.ts";
import { type Clock, silentLogger, systemRandom } from "../observe/mod.ts";
import { applyImport } from "../sources/mod.ts";
import type { CliIo } from "./io.ts";
import { describeEmpty, readModel } from "./read_model.ts";
import type { SnapshotArguments } from "./snapshot_arguments.ts";
import type { Fetch } from "./server_client.ts";

/** A model in the default world of a server that listens nowhere: what it answers is what any server would. */
export interface ModelServer extends AsyncDisposable {
  readonly world: string;
  readonly fetch: Fetch;
}

/** Nobody else can ask. */
const NOBODY: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };

/**
 * Puts a model file into a server of its own. Undefined, with the reason told, when the file is at fault.
 *
 * @param settings how a world is cut, what is read, built and traced; whom a server would listen to plays no part
 * @throws {UsageError} if the model cannot be placed as asked
 */
export async function openModel(
  { file, placing }: Extract<SnapshotArguments["from"], { readonly file: string }>,
  settings: Config,
  { io, clock, signal }: { readonly io: CliIo; readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<ModelServer | undefined> {
  const { security, session, limits, host } = defaultConfig();
  const config: Config = { ...settings, security, session, limits, host };
  await using stack = new AsyncDisposableStack();
  const app = stack.use(await createApp({ config, clock, random: systemRandom, logger: silentLogger }));
  const watched = signal === undefined ? {} : { signal };
  const result = await readModel(file, {
    io,
    clock,
    ...watched,
    limits: config.import,
    grid: () => Promise.resolve(app.defaultWorld.grid),
    placing,
  });
  if (result === undefined) return undefined;
  if (result.summary.voxels === 0) {
    io.error(`${describeEmpty(file, result.summary.dropped)}\n`);
    return undefined;
  }
  await applyImport(app.defaultWorld, result, { clock, ...watched });
  const kept = stack.move();
  return {
    world: app.defaultWorld.id,
    fetch: async (url, init) => await app.fetch(new Request(url, init), { remoteAddr: NOBODY }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
