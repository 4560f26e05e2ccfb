import type { Recorder } from "../../src/gpu/mod.ts";
import type { GpuScene } from "../../src/trace/gpu_scene.ts";
import type { Scene } from "../../src/tree/mod.ts";

/** A scene that is part of the recording, for where no device is at hand that would keep it. */
export function uploadedScene(
  { kind, top, regions, nodes, colors }: Scene,
): Pick<GpuScene, "kind" | "record"> {
  const arrays = { "top_nodes": top, regions, nodes, colors };
  return {
    kind,
    record(recorder: Recorder): Record<string, string> {
      for (const [name, words] of Object.entries(arrays)) recorder.upload(name, words);
      return Object.fromEntries(Object.keys(arrays).map((name) => [name, name]));
    },
  };
}
