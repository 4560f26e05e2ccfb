/** How a stage is dispatched. */
export interface Dispatch {
  /** Workgroups of all rows; the twin does what their threads do and nothing beyond. */
  readonly workgroups: number;
  readonly constants: Readonly<Record<string, number>>;
}

/**
 * A stage of `shaders/build` on the CPU: the same name, and the same buffers in the order of its bindings, as words. A test
 * compares the names of the parameters with the bindings, so they must be those of the shader in camel case.
 */
export type Twin = (dispatch: Dispatch, ...buffers: Uint32Array[]) => void;
