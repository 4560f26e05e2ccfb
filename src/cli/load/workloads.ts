import type { WorkloadName } from "./load_arguments.ts";
import { MixedWorkload } from "./mixed_workload.ts";
import { RegionWorkload } from "./region_workload.ts";
import type { Workload, WorkloadContext } from "./workload.ts";

/** All workloads by name. */
const MAKERS: Readonly<Record<WorkloadName, (context: WorkloadContext) => Workload>> = {
  regions: (context) => new RegionWorkload(context),
  mixed: (context) => new MixedWorkload(context),
};

/** The workload of a name. */
export function createWorkload(name: WorkloadName, context: WorkloadContext): Workload {
  return MAKERS[name](context);
}
