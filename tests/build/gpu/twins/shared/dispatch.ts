/** Twin of `shaders/shared/dispatch.wgsl`. */

const ROW_WORKGROUPS = 32768;

/** Writes workgroups in rows as three words of indirect arguments. */
export function writeRows(args: Uint32Array, at: number, workgroups: number): void {
  const isOneRow = workgroups <= ROW_WORKGROUPS;
  args[at] = isOneRow ? workgroups : ROW_WORKGROUPS;
  args[at + 1] = isOneRow ? 1 : Math.ceil(workgroups / ROW_WORKGROUPS);
  args[at + 2] = 1;
}
