/** A Worker that died, or was given up because it answered nothing for too long. */
export class WorkerLostError extends Error {
  override readonly name = "WorkerLostError";
  readonly isHung: boolean;

  constructor(isHung: boolean, message: string) {
    super(message);
    this.isHung = isHung;
  }
}

/** A band or a pick that a Worker could not do, though it lives. */
export class DeviceFaultError extends Error {
  override readonly name = "DeviceFaultError";
}
