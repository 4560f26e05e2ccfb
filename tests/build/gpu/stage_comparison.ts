import { assert, assertEquals } from "@std/assert";
import {
  type RecordedDispatch,
  type Recording,
  type RecordingRunner,
  runRecording,
} from "../../../src/gpu/mod.ts";
import { Grid } from "./twins/shared/grid.ts";
import { GARBAGE, TwinMachine } from "./twins/run_twins.ts";

/** Words of buffers by name. */
type State = ReadonlyMap<string, Uint32Array>;

/**
 * Runs every dispatch of a recording on the device, each from what the twins made before it, and compares what it made.
 *
 * @returns names of the stages that were compared
 */
export async function compareEachStage(
  runner: RecordingRunner,
  recording: Recording,
): Promise<Set<string>> {
  const machine = new TwinMachine(recording);
  for (const [i, dispatch] of recording.dispatches.entries()) {
    const made = await runOne(runner, recording, dispatch, machine.buffers);
    machine.run(dispatch);
    compareStates(made, machine.buffers, `dispatch ${i}, ${dispatch.stage.name}`);
  }
  return new Set(recording.dispatches.map(({ stage }) => stage.name));
}

/** Runs a whole recording on the device and through the twins, and compares every buffer after it. */
export async function compareWhole(runner: RecordingRunner, recording: Recording): Promise<void> {
  const machine = new TwinMachine(recording);
  const made = await runOnDevice(runner, recording, recording.dispatches, machine.buffers);
  for (const dispatch of recording.dispatches) machine.run(dispatch);
  compareStates(made, machine.buffers, "the whole recording");
}

function runOne(
  runner: RecordingRunner,
  recording: Recording,
  dispatch: RecordedDispatch,
  before: State,
): Promise<State> {
  const names = new Set(dispatch.buffers);
  if ("args" in dispatch.workgroups) names.add(dispatch.workgroups.args);
  return runOnDevice(
    runner,
    recording,
    [dispatch],
    new Map([...names].map((name) => [name, before.get(name)!])),
  );
}

/** Buffers begin as in `before`, so those without content hold the same garbage on both sides. */
async function runOnDevice(
  runner: RecordingRunner,
  recording: Recording,
  dispatches: readonly RecordedDispatch[],
  before: State,
): Promise<State> {
  const buffers = new Map(Array.from(before, ([name, content]) => {
    const { bytes, isIndirect } = recording.buffers.get(name)!;
    return [name, { bytes, isIndirect, content }];
  }));
  const reads = Array.from(buffers, ([buffer, { bytes }]) => ({ buffer, bytes }));
  const { reads: parts } = await runRecording(runner, { buffers, dispatches, reads })();
  return new Map(reads.map(({ buffer }, i) => [buffer, new Uint32Array(parts[i]!)]));
}

function compareStates(made: State, expected: State, where: string): void {
  for (const name of made.keys()) {
    const [own, twin] = [made, expected].map((state) => meaning(state, name));
    const at = own!.findIndex((word, i) => word !== twin![i]);
    assert(
      at < 0 && own!.length === twin!.length,
      `After ${where}, word ${at} of ${name} (${twin!.length} words) is ${own![at]}, the twin's is ${
        twin![at]
      }`,
    );
  }
}

/** The words of a buffer, but where the order of threads is free only what they mean. */
function meaning(state: State, name: string): Uint32Array {
  const words = state.get(name)!;
  const part = name.slice(0, name.lastIndexOf("."));
  if (name.endsWith(".uppers")) return sortHigh(words, state.get(`${part}.grid`));
  if (name.endsWith(".links")) return chains(state.get(`${part}.heads`)!, words);
  if (name.endsWith(".large_nodes")) {
    const count = 1 + words[0]!;
    return Uint32Array.of(words[0]!, ...words.slice(1, count).sort(), ...words.slice(count));
  }
  if (name.endsWith(".heads")) return words.map((head) => head === 0 ? 0 : 1);
  return words;
}

/** Nodes from height 6 on are listed in any order. */
function sortHigh(uppers: Uint32Array, gridWords: Uint32Array | undefined): Uint32Array {
  if (gridWords === undefined) return uppers;
  const grid = new Grid(gridWords);
  const first = grid.heights4 + grid.heights5;
  const pairs: [number, number][] = [];
  for (let i = 0; i < uppers.length; i += 2) pairs.push([uppers[i]!, uppers[i + 1]!]);
  const used = pairs.findIndex(([region], i) => i >= first && region === GARBAGE);
  const end = used < 0 ? pairs.length : used;
  const high = pairs.slice(first, end).sort(([a, b], [c, d]) => a - c || b - d);
  return Uint32Array.from([...pairs.slice(0, first), ...high, ...pairs.slice(end)].flat());
}

/** The leaf in whose chain each sample is, plus 1. */
function chains(heads: Uint32Array, links: Uint32Array): Uint32Array {
  const leafOf = new Uint32Array(links.length);
  heads.forEach((head, leaf) => {
    for (let at = head; at !== 0; at = links[at - 1]!) {
      assertEquals(leafOf[at - 1], 0, `sample ${at - 1} is in two chains, or one is a circle`);
      leafOf[at - 1] = leaf + 1;
    }
  });
  return leafOf;
}
