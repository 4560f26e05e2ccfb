/** Where colours and materials are written, one entry a leaf. */
export interface LeafPlanes {
  readonly colors: Uint32Array;
  readonly materials: Uint8Array;
}
