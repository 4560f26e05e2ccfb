/** Colours and materials of leaves, one entry a leaf; arrays that are used again may be longer. */
export interface LeafPlanes {
  readonly colors: Uint32Array;
  readonly materials: Uint8Array;
}
