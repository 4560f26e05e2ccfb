/** A part of what is granted is left to whoever else asks with the same credential. */
const RESERVE_SHARE = 1 / 8;
const MAX_RESERVE = 8;

/**
 * How long to wait before more is asked of a server, in milliseconds: 0 as long as enough is granted. What is asked beyond is
 * refused, and who goes on like that with a credential is banned. Every answer says what is left (`RateLimit-Remaining`) of
 * how much in what time (`RateLimit-Policy`); a server that says neither grants everything.
 */
export function pauseForGrant(headers: Headers): number {
  const remaining = headers.get("ratelimit-remaining");
  const policy = /;q=(\d+);w=(\d+)/.exec(headers.get("ratelimit-policy") ?? "");
  if (remaining === null || policy === null) return 0;
  const [granted, windowSec] = [Number(policy[1]), Number(policy[2])];
  const reserve = Math.min(MAX_RESERVE, granted * RESERVE_SHARE);
  if (Number(remaining) >= reserve) return 0;
  // Twice as much, so that a round gets somewhere before it has to stop again.
  return Math.ceil((2 * reserve + 1 - Number(remaining)) / granted * windowSec * 1000);
}
