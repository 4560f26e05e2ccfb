/**
 * Trees as the 64-bit child descriptors of Laine & Karras, "Efficient Sparse Voxel Octrees" (2010), as their released code
 * stores them. A record is two u32. The first word of a node's, from its low bit on:
 *
 * | bits     | meaning                                                                                              |
 * | -------- | ---------------------------------------------------------------------------------------------------- |
 * | 0 to 7   | children that have a record of their own                                                             |
 * | 8 to 15  | children that are there                                                                              |
 * | 16       | far: the pointer leads to a far record, whose first word is the distance in place of this pointer    |
 * | 17 to 31 | pointer: records from this one to the first child's; siblings follow each other in the order of slots |
 *
 * The second word is about contours and is 0 here. A far distance is signed and counts from the node, too. Leaves have no
 * record, and record 0 is the root's. A tetree has the same words; its record 0 is the region's, whose children are the
 * six tetrahedra. Of the published files the 8 KiB blocks with page headers and padding and the pools of attributes and
 * contours are left out: this is the array of nodes alone.
 */

/** Words of a record. */
export const RECORD_WORDS = 2;
/** The pointer leads to a far record. */
export const FAR_BIT = 1 << 16;
/** Lowest bit of the pointer. */
export const POINTER_SHIFT = 17;
/** Longest distance that fits a pointer. */
export const MAX_NEAR = 0x7fff;
