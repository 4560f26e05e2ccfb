import {
  coarsePass,
  fullViewMs,
  movingEntity,
  resumeElsewhere,
  resumeUnchanged,
  treeServer,
} from "../integration/stream_measures.ts";
import type { Proved } from "./property_part.ts";

const VIEWS = 9;
const REGIONS = 8;
/** Of regions by the bytes of their frames, every so many-th is walked through. */
const REGION_STEP = 3;
const STEPS = 200;

/** What the tree costs on the wire: its coarse pass, coming back to it, a small entity in it, and a restart of the server. */
export async function streamPart(): Promise<Proved> {
  const start = performance.now();
  await using server = await treeServer();
  const { coarseBytes, allBytes, regions, isFirst } = await coarsePass(server);
  const viewsMs: number[] = [];
  for (let view = 0; view < VIEWS; view++) viewsMs.push(await fullViewMs(server));
  const { coldBytes, resumedBytes, frames } = await resumeUnchanged(server);
  const walks: Walk[] = [];
  for (let region = 0; region < REGIONS; region++) {
    walks.push(walkOf(await movingEntity(server, STEPS, region * REGION_STEP)));
  }
  await using restarted = await treeServer();
  const { epochs, ...elsewhere } = await resumeElsewhere(server, restarted);
  const coarse = coarseBytes / allBytes;
  const resumed = resumedBytes / coldBytes;
  viewsMs.sort((a, b) => a - b);
  const viewMs = viewsMs[VIEWS >> 1]!;
  const meanDelta = Math.max(...walks.map(({ mean }) => mean));
  const isRestartWhole = epochs[0] !== epochs[1] && elsewhere.frames >= elsewhere.regions;
  return {
    // Every measure above has compared what the client holds with the world, voxel by voxel, or it would have thrown.
    ok: isFirst && coarse <= 0.08 && frames === 0 && resumed < 0.01 && meanDelta <= 0.05 && isRestartWhole &&
      walks.every(({ fullSteps }) => fullSteps === 0),
    seconds: (performance.now() - start) / 1000,
    summary:
      `tree of ${regions} regions: coarse pass ${
        percent(coarse)
      } of ${allBytes} bytes (at most 8 %); full view, ` +
      `decoded by its client, in ${viewMs.toFixed(0)} ms, median of ${VIEWS}, ${
        viewsMs.at(-1)!.toFixed(0)
      } at most (below ` +
      `1000: ${viewMs < 1000 ? "met" : "NOT MET"}); coming back ${
        percent(resumed)
      } of ${coldBytes} bytes of both ways (below ` +
      `1 %); entity of 4 cells an edge, ${STEPS} steps in each of ${REGIONS} regions of ${
        walks[0]!.fullBytes
      } to ` +
      `${walks.at(-1)!.fullBytes} bytes: a step ${percent(Math.min(...walks.map(({ mean }) => mean)))} to ` +
      `${percent(meanDelta)} in the mean (at most 5 %), ${
        percent(Math.max(...walks.map(({ most }) => most)))
      } at most, ` +
      `right after each; restart: ${elsewhere.frames} frames for ${elsewhere.regions} regions, right`,
  };
}

interface Walk {
  readonly fullBytes: number;
  /** Parts of the full frame that the frames of a step take. */
  readonly mean: number;
  readonly most: number;
  readonly fullSteps: number;
}

function walkOf({ fullBytes, stepBytes, fullSteps }: Awaited<ReturnType<typeof movingEntity>>): Walk {
  const sum = stepBytes.reduce((sum, bytes) => sum + bytes, 0);
  return {
    fullBytes,
    mean: sum / stepBytes.length / fullBytes,
    most: Math.max(...stepBytes) / fullBytes,
    fullSteps,
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
