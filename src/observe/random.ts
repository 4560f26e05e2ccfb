/** A source of numbers in [0, 1). Passed in, so that tests repeat. */
export type Random = () => number;

const POOL_WORDS = 512;
const pool = new Uint32Array(POOL_WORDS);
let next = POOL_WORDS;

/** Unguessable numbers with 53 random bits, from the runtime's cryptographic generator. */
export function systemRandom(): number {
  if (next + 2 > POOL_WORDS) {
    crypto.getRandomValues(pool);
    next = 0;
  }
  const high = pool[next++]! >>> 5;
  const low = pool[next++]! >>> 6;
  return (high * 67108864 + low) / 9007199254740992;
}

/**
 * A repeatable source (mulberry32): the same seed gives the same numbers on every machine.
 * Not for ids that must not be guessed.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const ID_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz";

/** An id of `length` lower-case letters and digits (5.17 bits each; the default of 20 carries 103 bits). */
export function randomId(random: Random, length: number = 20): string {
  let id = "";
  for (let i = 0; i < length; i++) id += ID_LETTERS[Math.floor(random() * ID_LETTERS.length)]!;
  return id;
}
