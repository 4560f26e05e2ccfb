import { z } from "zod";
import { GIB, MIB, whole } from "./field_schemas.ts";

const BACKEND_PATTERN = /^[\x21-\x7e](?:[\x20-\x7e]{0,98}[\x21-\x7e])?$/;

/** What traces rays, and how much of it at a time. */
export const traceSchema = z.strictObject({
  backend: z.string().regex(BACKEND_PATTERN).default("auto").meta({
    description:
      "What traces pictures: auto (a hardware GPU if there is one, else the CPU), gpu (any adapter, software ones too), cpu, " +
      "or a part of an adapter's name in any letter case",
    allowed: "auto, gpu, cpu, or 1 to 100 characters of an adapter's name",
  }),
  poolSize: whole(
    2,
    1,
    64,
    "workers",
    "Workers that trace on the CPU; they start with the first picture or pick that needs them",
  ),
  maxPicturePixels: whole(8_294_400, 256, 268_435_456, "pixels", "Most pixels of a picture"),
  maxWaitingPictures: whole(16, 0, 10_000, "pictures", "Most pictures that wait for the one that is traced"),
  maxWaitingPicks: whole(
    256,
    1,
    100_000,
    "picks",
    "Most picks that are answered at a time, those that wait for builds or for their turn among them",
  ),
  maxSceneBytes: whole(
    512 * MIB,
    MIB,
    64 * GIB,
    "bytes",
    "Most memory for the regions that the Workers hold, all of the CPU's together, or the GPU's; a picture of more is made of coarser ones",
  ),
  tileTimeoutMs: whole(
    30_000,
    100,
    600_000,
    "ms",
    "A worker that owes a part of a picture and is silent for so long is replaced, and the part tried again",
  ),
  maxHangs: whole(3, 1, 100, "hangs", "After so many hangs of the GPU the CPU traces until the next start"),
  maxFailures: whole(
    3,
    1,
    1000,
    "failures",
    "After so many failures of the GPU in a row the CPU traces for a while",
  ),
  pauseMs: whole(1000, 100, 86_400_000, "ms", "Time before the GPU is tried again after that"),
  maxPauseMs: whole(
    60_000,
    100,
    86_400_000,
    "ms",
    "Longest time before the GPU is tried again; each failed trial doubles it up to this, from pauseMs on",
  ),
}).prefault({});
