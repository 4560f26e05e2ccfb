/** Shorter beginnings fit too many names. */
const LEAST_START = 4;

/**
 * The candidate that takes the fewest edits (insert, delete, replace, swap of neighbours) to become `name`, letter case
 * ignored; the first of equals. Compares whole names, what they begin with (a forgotten ending) and, so that a forgotten
 * group is found too, last parts. Undefined if nothing is close: more than a third of the letters would have to change.
 * O(candidates x length^2).
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  const wanted = withoutPrefix(name);
  for (const candidate of candidates) {
    const known = withoutPrefix(candidate);
    const isStart = wanted.length >= LEAST_START && known.startsWith(wanted);
    const parts = closeDistance(lastPart(wanted), lastPart(known)) + 0.5;
    const distance = Math.min(isStart ? 1 : Infinity, closeDistance(wanted, known), parts);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** What all names of one source begin with says nothing about which of them was meant. */
function withoutPrefix(name: string): string {
  return name.toLowerCase().replace(/^(?:voxcast_|mfn_|--)/, "");
}

/** The edit distance, or Infinity if it is above a third of the longer name. */
function closeDistance(a: string, b: string): number {
  const distance = editDistance(a, b);
  return 3 * distance <= Math.max(a.length, b.length) ? distance : Infinity;
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** Optimal string alignment distance. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, replace);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, beforeLast[j - 2]! + 1);
      }
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}
