import { assertEquals, assertThrows } from "@std/assert";
import { Recorder, type Recording, ROW_WORKGROUPS, workgroupRows } from "../../src/gpu/recording.ts";
import { type RecordingLimits, recordingProblem } from "../../src/gpu/recording_problem.ts";
import { testStage } from "./recording_stage.ts";

const LIMITS: RecordingLimits = {
  maxBufferSize: 4096,
  maxStorageBufferBindingSize: 2048,
  maxStorageBuffersPerShaderStage: 2,
  maxComputeWorkgroupsPerDimension: 65_535,
};
const copy = testStage("copy", ["given", "made:write"]);
const three = testStage("three", ["a", "b", "c:write"]);

function recorded(): Recorder {
  const recorder = new Recorder();
  recorder.upload("in", Uint32Array.of(1, 2, 3, 4, 5));
  recorder.scratch("out", 5);
  recorder.indirect("args", 3);
  return recorder;
}

function problem(recording: Recording, limits: Partial<RecordingLimits> = {}): string | undefined {
  return recordingProblem(recording, { ...LIMITS, ...limits });
}

Deno.test("Buffers have whole words, four at least, and know what they begin with", () => {
  const recorder = new Recorder();
  recorder.upload("five", new Uint8Array(5));
  recorder.upload("none", new Uint8Array(0));
  recorder.zeroed("zeros", 0);
  recorder.scratch("scratch", 7);
  recorder.indirect("args", 6);
  const sizes = Array.from(recorder.buffers, ([name, { bytes, content, isIndirect }]) => {
    return [name, bytes, typeof content === "string" ? content : "bytes", isIndirect];
  });
  assertEquals(sizes, [
    ["five", 16, "bytes", false],
    ["none", 16, "bytes", false],
    ["zeros", 16, "zero", false],
    ["scratch", 28, "any", false],
    ["args", 24, "zero", true],
  ]);
});

Deno.test("A dispatch binds buffers in the order of the shader, not of the call", () => {
  const recorder = recorded();
  recorder.dispatch(copy, { made: "out", given: "in" }, 1);
  recorder.dispatch(copy, { given: "in", made: "out" }, { args: "args", word: 0 });
  assertEquals(recorder.dispatches.map(({ buffers, workgroups }) => ({ buffers, workgroups })), [
    { buffers: ["in", "out"], workgroups: [1, 1] },
    { buffers: ["in", "out"], workgroups: { args: "args", word: 0 } },
  ]);
  assertEquals(problem(recorder), undefined);
});

Deno.test("Workgroups beyond a row go into more rows, with none left out", () => {
  assertEquals(workgroupRows(0), [0, 1]);
  assertEquals(workgroupRows(1), [1, 1]);
  assertEquals(workgroupRows(ROW_WORKGROUPS), [ROW_WORKGROUPS, 1]);
  assertEquals(workgroupRows(ROW_WORKGROUPS + 1), [ROW_WORKGROUPS, 2]);
  assertEquals(workgroupRows(3 * ROW_WORKGROUPS), [ROW_WORKGROUPS, 3]);
});

Deno.test("A binding without a buffer, a buffer without a binding and a buffer that is not there are refused", () => {
  const refused = (bound: Record<string, string>) =>
    assertThrows(() => recorded().dispatch(copy, bound, 1), RangeError).message;
  assertEquals(refused({ given: "in" }), "Stage copy has bindings given, made, got given");
  assertEquals(
    refused({ given: "in", toward: "out" }),
    "Stage copy has bindings given, made, got given, toward",
  );
  assertEquals(
    refused({ given: "in", made: "out", more: "in" }),
    "Stage copy has bindings given, made, got given, made, more",
  );
  assertEquals(refused({ given: "in", made: "gone" }), "Stage copy is bound to gone, which is not there");
});

Deno.test("A name is recorded once", () => {
  for (const again of ["upload", "zeroed", "scratch", "indirect"] as const) {
    const add = () =>
      again === "upload" ? recorded().upload("in", new Uint8Array(4)) : recorded()[again]("in", 1);
    assertThrows(add, RangeError, "Buffer in is recorded twice");
  }
});

Deno.test("A buffer may be as large as the device binds and not a word larger", () => {
  const recorder = new Recorder();
  recorder.zeroed("big", 512);
  assertEquals(problem(recorder), undefined);
  recorder.zeroed("bigger", 513);
  assertEquals(problem(recorder), "Buffer bigger needs 2052 bytes, the device binds 2048");
  assertEquals(
    problem(recorder, { maxBufferSize: 100 }),
    "Buffer big needs 2048 bytes, the device binds 100",
  );
  assertEquals(problem(recorder, { maxStorageBufferBindingSize: 2052 }), undefined);
});

Deno.test("Buffers that no Recorder makes are looked at, too", () => {
  const of = (bytes: number, content: Uint8Array | "zero"): Recording => ({
    buffers: new Map([["odd", { bytes, content, isIndirect: false }]]),
    dispatches: [],
    reads: [],
  });
  assertEquals(problem(of(6, "zero")), "Buffer odd has 6 bytes, which is not a whole number of words");
  assertEquals(problem(of(4, new Uint8Array(5))), "Buffer odd has 4 bytes for 5");
});

Deno.test("A stage has as many buffers as the device takes", () => {
  const recorder = recorded();
  recorder.scratch("sum", 1);
  recorder.dispatch(three, { a: "in", b: "in", c: "sum" }, 1);
  assertEquals(problem(recorder), "Stage three: 3 buffers, the device takes 2");
  assertEquals(problem(recorder, { maxStorageBuffersPerShaderStage: 3 }), undefined);
});

Deno.test("A buffer bound twice may only be read", () => {
  const recorder = recorded();
  recorder.dispatch(copy, { given: "in", made: "in" }, 1);
  assertEquals(problem(recorder), "Stage copy: buffer in is bound twice, once to be written");
});

Deno.test("What nothing has written is not read, by a stage or by the host", () => {
  const early = recorded();
  early.scratch("later", 1);
  early.dispatch(copy, { given: "out", made: "later" }, 1);
  early.dispatch(copy, { given: "in", made: "out" }, 1);
  assertEquals(problem(early), "Stage copy: buffer out is read before it is written");
  const unwritten = recorded();
  unwritten.read("out", 1);
  assertEquals(problem(unwritten), "Buffer out is read, but never written");
  unwritten.dispatch(copy, { given: "in", made: "out" }, 1);
  assertEquals(problem(unwritten), undefined);
});

Deno.test("Arguments lie in a buffer for arguments, whole, which the dispatch itself does not touch", () => {
  const of = (args: string, word: number, given: string = "in") => {
    const recorder = recorded();
    recorder.dispatch(copy, { given, made: "out" }, { args, word });
    return problem(recorder);
  };
  assertEquals(of("args", 0), undefined);
  assertEquals(of("args", 1), "Stage copy: args has no word 1");
  assertEquals(of("in", 0), "Stage copy: in holds no arguments");
  assertEquals(of("gone", 0), "Stage copy: gone holds no arguments");
  assertEquals(of("args", 0, "args"), "Stage copy: args is bound while it is read");
});

Deno.test("Workgroups are from 1 to what the device runs along an axis", () => {
  const of = (workgroups: number) => {
    const recorder = recorded();
    recorder.dispatch(copy, { given: "in", made: "out" }, workgroups);
    return problem(recorder);
  };
  const refused = (count: number) => `Stage copy: ${count} workgroups along an axis, 1 to 65535 are allowed`;
  assertEquals(of(1), undefined);
  assertEquals(of(65_535 * ROW_WORKGROUPS), undefined);
  assertEquals(of(0), refused(0));
  assertEquals(of(1.5), refused(1.5));
  assertEquals(of(65_535 * ROW_WORKGROUPS + 1), refused(65_536));
});

Deno.test("Reads are of buffers that are there, and no longer than these", () => {
  const of = (buffer: string, words: number) => {
    const recorder = recorded();
    recorder.read(buffer, words);
    return problem(recorder);
  };
  assertEquals(of("in", 5), undefined);
  assertEquals(of("in", 6), "Buffer in has 20 bytes, 24 are read");
  assertEquals(of("gone", 1), "Buffer gone is read, but not there");
});
