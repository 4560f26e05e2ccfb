import type { RecordedDispatch, Recording } from "../../../../src/gpu/mod.ts";
import { TWINS } from "./twins.ts";

/** What a buffer holds that nobody has written: no stage may depend on it. */
export const GARBAGE = 0xa5a5a5a5;

/** Most workgroups along an axis on any device. */
const MAX_WORKGROUPS = 65_535;

export interface TwinOptions {
  /** The word that buffers without content are filled with. */
  readonly garbage?: number;
  /** Refuses every access outside of a buffer. Slow. */
  readonly isWatched?: boolean;
}

/** Runs a recording on the CPU, a dispatch at a time, with the twins of its stages. */
export class TwinMachine {
  /** The buffers by name, as words. */
  readonly buffers: ReadonlyMap<string, Uint32Array>;
  readonly #isWatched: boolean;

  constructor(recording: Recording, { garbage = GARBAGE, isWatched = false }: TwinOptions = {}) {
    this.#isWatched = isWatched;
    this.buffers = new Map(Array.from(recording.buffers, ([name, { bytes, content }]) => {
      const words = new Uint32Array(bytes / 4);
      if (content === "any") words.fill(garbage);
      else if (content === "resident") throw new RangeError(`Twins cannot read buffer ${name} of a device`);
      else if (content !== "zero") {
        const source = new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
        new Uint8Array(words.buffer).set(source);
      }
      return [name, words];
    }));
  }

  run({ stage, buffers, workgroups }: RecordedDispatch): void {
    const twin = TWINS.get(stage.name);
    if (twin === undefined) throw new RangeError(`Stage ${stage.name} has no twin`);
    const axes = "args" in workgroups
      ? [...this.words(workgroups.args).subarray(workgroups.word, workgroups.word + 3)]
      : workgroups;
    for (const axis of axes) {
      if (axis > MAX_WORKGROUPS) {
        throw new RangeError(`Stage ${stage.name} has ${axis} workgroups along an axis`);
      }
    }
    const bound = buffers.map((name) => this.#isWatched ? watch(name, this.words(name)) : this.words(name));
    const dispatch = { workgroups: axes.reduce((a, b) => a * b), constants: stage.constants ?? {} };
    twin(dispatch, ...bound);
  }

  words(name: string): Uint32Array {
    const words = this.buffers.get(name);
    if (words === undefined) throw new RangeError(`Buffer ${name} is not recorded`);
    return words;
  }
}

/** Runs a whole recording through the twins. @returns the bytes read, in the order of the recording's reads */
export function runTwins(recording: Recording, options: TwinOptions = {}): ArrayBuffer[] {
  const machine = new TwinMachine(recording, options);
  for (const dispatch of recording.dispatches) machine.run(dispatch);
  return recording.reads.map(({ buffer, bytes }) => machine.words(buffer).slice(0, bytes / 4).buffer);
}

/** A buffer whose every access is checked: a typed array gives undefined and drops what is written past its end. */
function watch(name: string, words: Uint32Array): Uint32Array {
  const check = (key: string | symbol): number => {
    const index = Number(key);
    if (!Number.isInteger(index) || index < 0 || index >= words.length) {
      throw new RangeError(`Buffer ${name} of ${words.length} words has no word ${String(key)}`);
    }
    return index;
  };
  return new Proxy(words, {
    get(target, key): unknown {
      if (key === "length") return target.length;
      if (key === "set") {
        return (from: number[], at: number) => from.forEach((word, i) => target[check(`${at + i}`)] = word);
      }
      if (key === "fill") {
        return (value: number, from: number, to: number) => {
          for (let i = from; i < to; i++) target[check(`${i}`)] = value;
        };
      }
      return target[check(key)];
    },
    set(target, key, value: number): boolean {
      target[check(key)] = value;
      return true;
    },
  });
}
