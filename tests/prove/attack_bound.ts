import {
  GUARD_GRACE_LOOKS,
  GUARD_URGENT_BATCH_FACTOR,
  GUARD_URGENT_GRACE_MS,
} from "../../src/session/memory_guard.ts";

/** Frames that the runtime reads before anything else runs: what tokio lets one task do in a turn. */
const FRAMES_A_TURN = 128;
/** Each of the attack's frames has a MiB, the size that costs most: longer ones take several readings each. */
const MIB_A_FRAME = 1;
/** Turns between two looks of the guard: while many sockets have something, timers run after every second one. */
const TURNS_A_LOOK = { one: 1, many: 2 } as const;
/** As fast as a process reads from loopback, unmasks and copies; that a turn is not over sooner bounds the looks in a time. */
const MAX_MIB_A_SECOND = 2048;
/** The attack's own pieces on their way, and what the allocator keeps of all that. */
const SLACK_MIB = 96;

/**
 * What memory may grow by at most, while so many sockets send fragments as fast as they can, until the guard has ended more
 * than half of them and it falls. Each step takes whole looks, and between two looks comes what the runtime reads:
 *
 * - Up to half of the limit nothing happens; the look that sees more asks who is there. That can be a look too late.
 * - Who has not answered for {@linkcode GUARD_URGENT_GRACE_MS}, and {@linkcode GUARD_GRACE_LOOKS}, is ended, as by then twice
 *   the limit is passed: 1 socket, 4, 16 and so on, never more than half of those left, a look for each.
 * - What was read meanwhile of one that is ended is given back by the next look.
 */
export function peakMiB(sockets: number, limitMiB: number): number {
  const perLook = FRAMES_A_TURN * MIB_A_FRAME * (sockets === 1 ? TURNS_A_LOOK.one : TURNS_A_LOOK.many);
  const fastestLookMs = 1000 * perLook / MAX_MIB_A_SECOND;
  const graceLooks = Math.max(GUARD_GRACE_LOOKS, Math.ceil(GUARD_URGENT_GRACE_MS / fastestLookMs));
  return limitMiB / 2 + perLook * (1 + graceLooks + closingLooks(sockets)) + SLACK_MIB;
}

/** Looks until more than half of the attackers are ended. */
export function closingLooks(attackers: number): number {
  let looks = 0;
  let batch = 1;
  for (let left = attackers; left >= attackers / 2; looks++) {
    left -= Math.min(batch, Math.ceil(left / 2));
    batch *= GUARD_URGENT_BATCH_FACTOR;
  }
  return looks;
}
