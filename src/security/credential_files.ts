import type { Config } from "../config/mod.ts";
import type { Clock, TimerId } from "../observe/mod.ts";
import { readBoundedFile } from "./bounded_file.ts";
import { sha256 } from "./sha256.ts";

/** Time between two looks at the files of keys. */
export const CREDENTIAL_LOOK_MS = 2000;
/** The longest file of keys that is taken. */
const MAX_FILE_BYTES = 1_048_576;

/** The files that credentials are compared with, of those that may change while a server runs. */
export function credentialFiles({ keysFile, jwksFile }: Config["security"]): readonly string[] {
  return [keysFile, jwksFile].filter((path) => path !== undefined);
}

/**
 * What tells one state of the files from another: what they hold, or why that cannot be read. By content and not by time, as
 * two changes may bear the same time; files of keys are short.
 */
export async function credentialMark(security: Config["security"]): Promise<string> {
  const marks = credentialFiles(security).map(async (path) => {
    try {
      return sha256((await readBoundedFile(path, "security.keysFile", MAX_FILE_BYTES)).text).toHex();
    } catch (error) {
      return String(error);
    }
  });
  return (await Promise.all(marks)).join("\n");
}

/** Has files of keys looked at every {@linkcode CREDENTIAL_LOOK_MS}, one look after the other. */
export class CredentialWatch implements Disposable {
  readonly #reload: () => Promise<void>;
  readonly #clock: Clock;
  #timer: TimerId | undefined;
  #hasEnded = false;

  /** @param reload must not reject */
  constructor(reload: () => Promise<void>, clock: Clock) {
    this.#reload = reload;
    this.#clock = clock;
    this.#lookLater();
  }

  [Symbol.dispose](): void {
    this.#hasEnded = true;
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
  }

  #lookLater(): void {
    this.#timer = this.#clock.setTimeout(() => void this.#look(), CREDENTIAL_LOOK_MS);
  }

  async #look(): Promise<void> {
    await this.#reload();
    if (!this.#hasEnded) this.#lookLater();
  }
}
