/** The settings of tracing, as in the configuration. */
export interface TraceSettings {
  /** `auto` for hardware GPUs or the CPU, `gpu` for any GPU, `cpu`, or a part of an adapter's name. */
  readonly backend: string;
  /** CPU Workers; they start with the first picture or pick that needs them. */
  readonly poolSize: number;
  /** Most pixels of a picture. */
  readonly maxPicturePixels: number;
  /** Pictures that may wait for the one in work. */
  readonly maxWaitingPictures: number;
  /** Picks that may wait. */
  readonly maxWaitingPicks: number;
  /** Bytes of regions that all Workers of one kind may hold together, the CPU's or the GPU's. */
  readonly maxSceneBytes: number;
  /** Longest time that one tile of a picture may take before its Worker is given up. */
  readonly tileTimeoutMs: number;
  /** Hangs after which the GPU is not used any more. */
  readonly maxHangs: number;
  /** Failures in a row after which the GPU is left alone for a while. */
  readonly maxFailures: number;
  /** Time for which it is left alone at first. */
  readonly pauseMs: number;
  /** Longest such time. */
  readonly maxPauseMs: number;
}
