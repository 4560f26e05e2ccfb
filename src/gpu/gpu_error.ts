/**
 * What went wrong on a GPU: `no-adapter` there is none (of that name), `shader` a shader does not compile, `validation` a
 * call was refused, `out-of-memory` a buffer could not be had, `lost` the device went away, `internal` anything else.
 */
export type GpuErrorKind = "no-adapter" | "shader" | "validation" | "out-of-memory" | "lost" | "internal";

/** A failure of the GPU or of our use of it, told apart by `kind`. */
export class GpuError extends Error {
  override readonly name = "GpuError";
  readonly kind: GpuErrorKind;

  constructor(kind: GpuErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
