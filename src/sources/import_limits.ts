/** Bounds of what one import may cost. Every one is checked before the memory or time is spent. */
export interface ImportLimits {
  /** Largest file, as it lies on the disk. */
  readonly maxFileBytes: number;
  /** Largest result of decompression; reached, it stops. */
  readonly maxDecodedBytes: number;
  /** Most points (PLY vertices; voxels of all instances of a .vox scene together). */
  readonly maxPoints: number;
  /** Most steps through a scene graph; a node met twice counts twice. */
  readonly maxSceneNodes: number;
  /** Deepest nesting of a scene graph. */
  readonly maxSceneDepth: number;
  /** Most cells that points may fill before equal cells are merged. */
  readonly maxCells: number;
}
