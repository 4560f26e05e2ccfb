import { BuildAbortedError, type BuildJob } from "./builder.ts";

/** A backend gave a job up and hands it back whole: another backend may build it at once. */
export class ReturnedJobError extends BuildAbortedError {
  readonly job: BuildJob;

  constructor(job: BuildJob, message: string, options?: ErrorOptions) {
    super("device", message, options);
    this.job = job;
  }
}
