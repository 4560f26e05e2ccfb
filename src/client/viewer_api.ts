import type { Vec3 } from "../space/mod.ts";
import type { Viewport } from "../viewport/mod.ts";

/** What a script can ask of the page; all numbers are of this moment. */
export interface ViewerStats {
  readonly state: string;
  readonly world: string;
  readonly epoch: number;
  readonly regions: number;
  /** Voxels held, each at its region's level of detail. */
  readonly voxels: number;
  /** Voxels of the frame on the screen that have an exposed face. */
  readonly drawn: number;
  /** Region frames received, and what became of those that were of no use. */
  readonly frames: number;
  readonly malformed: number;
  readonly superseded: number;
  /** Region frames that are still being decoded. */
  readonly pending: number;
  readonly bytes: number;
  /** Pictures drawn. */
  readonly pictures: number;
  readonly framesPerSecond: number;
  readonly lods: readonly number[];
}

/** The script interface of the page: `voxcast` in its console. */
export interface ViewerApi {
  readonly camera: {
    /** The view on the screen, which is the one that the server is told. */
    get(): Viewport;
    /** @throws {RangeError} if the camera could see nothing */
    set(eye: Vec3, lookAt: Vec3): void;
  };
  stats(): ViewerStats;
  /** Resolves once everything received is decoded and on the screen. */
  settled(): Promise<void>;
}
