/** A MagicaVoxel file as its chunks tell it, before the scene is put together. */

/** A signed permutation of the axes and a move: `p' = rows * p + translation`. */
export interface VoxTransform {
  /** Axis that each row takes its value from. */
  readonly axes: readonly [number, number, number];
  /** Sign of each row: 1 or -1. */
  readonly signs: readonly [number, number, number];
  readonly translation: readonly [number, number, number];
}

export const IDENTITY: VoxTransform = { axes: [0, 1, 2], signs: [1, 1, 1], translation: [0, 0, 0] };

/** Transform node: places its child. */
export interface VoxTransformNode {
  readonly kind: "transform";
  readonly name: string;
  readonly hidden: boolean;
  readonly layer: number;
  readonly child: number;
  readonly transform: VoxTransform;
  readonly offset: number;
}

/** Group node: several children in one place. */
export interface VoxGroupNode {
  readonly kind: "group";
  readonly hidden: boolean;
  readonly children: Int32Array;
  readonly offset: number;
}

/** Shape node: shows models. */
export interface VoxShapeNode {
  readonly kind: "shape";
  readonly hidden: boolean;
  /** Models shown together. */
  readonly models: readonly number[];
  /** Models shown only at later moments of an animation. */
  readonly laterModels: readonly number[];
  readonly offset: number;
}

export type VoxNode = VoxTransformNode | VoxGroupNode | VoxShapeNode;

export interface VoxModel {
  readonly size: readonly [number, number, number];
  /** x, y, z, colour index: 4 bytes a voxel, as in the file. */
  voxels: Uint8Array;
  count: number;
}

export interface VoxFile {
  readonly version: number;
  readonly models: readonly VoxModel[];
  readonly nodes: ReadonlyMap<number, VoxNode>;
  readonly layers: ReadonlyMap<number, { readonly name: string; readonly hidden: boolean }>;
  /** RGBA8 packed, 256 entries by colour index; entry 0 is unused. */
  readonly palette: Uint32Array;
  /** Material byte by colour index. */
  readonly materials: Uint8Array;
  /** Chunks met, by name. */
  readonly chunks: ReadonlyMap<string, number>;
}
