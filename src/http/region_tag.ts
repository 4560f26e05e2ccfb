import type { TreeKind } from "../tree/mod.ts";

/** What an entity tag of a region says: which frame it is. */
export interface RegionTag {
  readonly epoch: number;
  readonly version: number;
  readonly lod: number;
  readonly kind: TreeKind;
}

const TAG = /(?:W\/)?"(\d{1,10})-(\d{1,10})-(\d{1,2})-(esvo|esvt)"/g;

/** The entity tag of a region's frame: `"epoch-version-lod-kind"`. */
export function regionTag({ epoch, version, lod, kind }: RegionTag): string {
  return `"${epoch}-${version}-${lod}-${kind}"`;
}

/** Whether an `If-None-Match` asks for nothing if there is anything (RFC 9110, section 13.1.2). */
export function refusesAny(header: string | null | undefined): boolean {
  return header?.trim() === "*";
}

/**
 * What an asker holds by its `If-None-Match`, of those of this epoch and kind; undefined if nothing that is of use. A proxy may
 * have made a tag weak: the frame is the same then, too.
 */
export function heldByTag(
  header: string | null | undefined,
  { epoch, kind }: Pick<RegionTag, "epoch" | "kind">,
): { readonly version: number; readonly lod: number } | undefined {
  for (const [, ofEpoch, version, lod, ofKind] of (header ?? "").matchAll(TAG)) {
    if (Number(ofEpoch) === epoch && ofKind === kind) return { version: Number(version), lod: Number(lod) };
  }
  return undefined;
}
