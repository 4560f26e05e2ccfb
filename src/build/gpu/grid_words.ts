/*
 * Layouts of what host and shaders share, in words of 32 bits. A test compares them with the structs of
 * `shaders/shared/grid.wgsl`, `span.wgsl` and `layout.wgsl`.
 */

/** Words of `Grid` before its regions. */
export const GRID_WORDS = 20;
/** Words of a `Region`. */
export const REGION_WORDS = 4;
/** Words of a `Span`. */
export const SPAN_WORDS = 4;
/** Words of a `TreeLayout`. */
export const TREE_LAYOUT_WORDS = 12;
/** Words of a `BrickSum`. */
export const BRICK_SUM_WORDS = 8;
/** Words of a region's header in what comes back: nodes a height from the leaves up, first node, first mask. */
export const HEADER_WORDS = 12;
export const HEADER_FIRST_NODE = 9;
export const HEADER_FIRST_MASK = 10;
/** Words of a brick's bitmap of 8^3 cells. */
export const BRICK_WORDS = 16;
/** Regions that the table of bricks can tell apart. */
export const MAX_GRID_REGIONS = 1 << 17;

/** Fields of `Grid` by word. */
export const GRID_FIELDS = {
  regionCount: 0,
  directoryWords: 1,
  brickCapacity: 2,
  leafCapacity: 3,
  upperCapacity: 4,
  nodeCapacity: 5,
  maskCapacity: 6,
  outMasks: 7,
  outMaterials: 8,
  outColors: 9,
  sampleCount: 10,
  bricks: 11,
  heights4: 12,
  heights5: 13,
  uppers: 14,
  leaves: 15,
  nodes: 16,
  inner: 17,
  faults: 18,
  keyBits: 19,
} as const;

/** Bits of `Grid.faults`. */
export const FAULTS = { bricks: 1, uppers: 2, leaves: 4, nodes: 8 } as const;

/** Entries of the counters. */
export const COUNTERS = { high: 0, badKeys: 1, transparent: 2, repeats: 3 } as const;
/** Words of the counters. */
export const COUNTER_WORDS = 4;

/** First words of the indirect arguments, and their number. */
export const ARGS = { brickThreads: 0, bricks: 3, leafThreads: 6, emitBricks: 9, emitUppers: 12 } as const;
export const ARGS_WORDS = 15;
