/** Keys of first voxels that make the whimsical Worker stumble. */
export const WHIMS = { hang: 1001, crash: 1002, fail: 1003, lose: 1004, wrong: 1005, stray: 1006 } as const;
