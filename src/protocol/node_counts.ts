import { mostChildren, type TreeKind } from "../tree/mod.ts";
import { failFrame } from "./protocol_error.ts";

/** Where the counts of a payload stand and what they may be. */
export interface CountRule {
  /** Offset of the first count in the frame. */
  readonly offset: number;
  readonly rows: number;
  readonly kind: TreeKind;
  /** Node level of the first row; rows whose level is not known yet are taken for level 1. */
  readonly level: number;
  readonly least: number;
  readonly most: number;
  /** Nodes of the first row may be without children, as in a delta. */
  readonly hasChildless?: boolean;
}

/**
 * Reads node counts, one a level, and refuses those that no tree has: a level holds at least one node under each node
 * above it, and at most eight (six tetrahedra under a region). Throws ProtocolError.
 */
export function readCounts(bytes: Uint8Array, rule: CountRule): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const counts = new Uint32Array(rule.rows);
  let { least, most } = rule;
  for (let row = 0; row < rule.rows; row++) {
    const offset = rule.offset + row * 4;
    const count = view.getUint32(offset, true);
    if (count < least || count > most) {
      failFrame(offset, `level ${rule.level + row} has ${count} nodes, not ${least} to ${most}`);
    }
    counts[row] = count;
    least = row === 0 && rule.hasChildless === true ? 0 : count;
    most = count * mostChildren(rule.kind, rule.level + row);
  }
  return counts;
}
