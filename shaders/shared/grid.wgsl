// One region: where its directory lies, one bit a brick of 8^3 cells in key order.
struct Region {
  directory_base: u32,
  directory_words: u32,
  depth: u32,
  padding: u32,
}

// A set of regions of one kind. The first fields are the host's, those from `bricks` on the device's own.
struct Grid {
  region_count: u32,
  directory_words: u32,
  brick_capacity: u32,
  leaf_capacity: u32,
  upper_capacity: u32,
  node_capacity: u32,
  mask_capacity: u32,
  // Word offsets of the planes in the output.
  out_masks: u32,
  out_materials: u32,
  out_colors: u32,
  sample_count: u32,
  bricks: u32,
  heights_4: u32,
  heights_5: u32,
  uppers: u32,
  leaves: u32,
  nodes: u32,
  inner: u32,
  // What did not fit, bits of FAULT_*; later stages then have nothing to do.
  faults: u32,
  // Bits of a key of the deepest region; the sorted path puts the region's number above them.
  key_bits: u32,
  regions: array<Region>,
}

const FAULT_BRICKS = 1u;
const FAULT_UPPERS = 2u;
const FAULT_LEAVES = 4u;
const FAULT_NODES = 8u;

// Entries of the counters, which many threads add to.
const COUNTER_HIGH = 0u;
const COUNTER_BAD_KEYS = 1u;
const COUNTER_TRANSPARENT = 2u;
const COUNTER_REPEATS = 3u;

// Entries of the indirect arguments, three words each.
const ARGS_BRICK_THREADS = 0u;
const ARGS_BRICKS = 3u;
const ARGS_LEAF_THREADS = 6u;
const ARGS_EMIT_BRICKS = 9u;
const ARGS_EMIT_UPPERS = 12u;

const BRICK_WORDS = 16u;

// Samples of one leaf beyond which the host merges them. `merge_samples` goes over them in one thread once for each of their
// materials, and a software device ends the loops of a thread after 65,535 rounds in all.
const MAX_REPEATS = 128u;

// A brick's region and its key inside the region, in one word.
fn brick_region(info: u32) -> u32 {
  return info >> 15u;
}

fn brick_key(info: u32) -> u32 {
  return info & 0x7fffu;
}
