import type { Random } from "../observe/mod.ts";
import type { Bounds, Vec3 } from "../space/mod.ts";

/** Where birds fly: around a centre, never beyond the bounds. */
export interface FlockSpace {
  readonly bounds: Bounds;
  readonly center: Vec3;
  readonly radius: number;
  /** Distance that is kept from the bounds. */
  readonly margin: number;
}

/** Places and velocities (units a second), three numbers a bird. */
export interface Flight {
  readonly positions: Float64Array;
  readonly velocities: Float64Array;
}

// Distances and speeds are fractions of the circle's radius, so that flocks of any size look alike.
const SIGHT = 0.5;
const PERSONAL_SPACE = 0.14;
const CRUISE = 0.55;
const SLOWEST = 0.4;
const FASTEST = 0.8;
const HEIGHT = 0.35;

const SEPARATION = 2.2;
const ALIGNMENT = 0.9;
const COHESION = 0.35;
const ORBIT = 1.4;
const LEVELLING = 0.8;

/** Birds on a ring around the centre, flying along it. Uses five random numbers a bird. */
export function createBirds(count: number, space: FlockSpace, random: Random): Flight {
  const positions = new Float64Array(count * 3);
  const velocities = new Float64Array(count * 3);
  const { center, radius } = space;
  for (let i = 0; i < count; i++) {
    const angle = random() * 2 * Math.PI;
    const distance = radius * (0.8 + 0.4 * random());
    const speed = radius * CRUISE * (0.8 + 0.4 * random());
    positions[i * 3] = center[0] + Math.cos(angle) * distance;
    positions[i * 3 + 1] = center[1] + radius * HEIGHT * (2 * random() - 1);
    positions[i * 3 + 2] = center[2] + Math.sin(angle) * distance;
    velocities[i * 3] = -Math.sin(angle) * speed;
    velocities[i * 3 + 1] = speed * 0.2 * (2 * random() - 1);
    velocities[i * 3 + 2] = Math.cos(angle) * speed;
  }
  keepInside(positions, velocities, space);
  return { positions, velocities };
}

/**
 * One step of Reynolds' boids (separation, alignment, cohesion; SIGGRAPH 1987) with two more wishes: to circle the
 * centre at its radius, and to stay near its height. Quadratic in the birds.
 */
export function stepBirds(flight: Flight, space: FlockSpace, seconds: number): void {
  const { positions, velocities } = flight;
  const { radius } = space;
  const pushes = new Float64Array(positions.length);
  for (let i = 0; i < positions.length; i += 3) {
    pushFromOthers(flight, i, radius, pushes);
    pushAroundCenter(flight, i, space, pushes);
  }
  for (let i = 0; i < positions.length; i += 3) {
    for (let axis = i; axis < i + 3; axis++) velocities[axis]! += pushes[axis]! * seconds;
    limitSpeed(velocities, i, radius);
    for (let axis = i; axis < i + 3; axis++) positions[axis]! += velocities[axis]! * seconds;
  }
  keepInside(positions, velocities, space);
}

function pushFromOthers(flight: Flight, i: number, radius: number, pushes: Float64Array): void {
  const { positions, velocities } = flight;
  const sight = radius * SIGHT;
  const personal = radius * PERSONAL_SPACE;
  const away = [0, 0, 0];
  const along = [0, 0, 0];
  const towards = [0, 0, 0];
  let seen = 0;
  for (let j = 0; j < positions.length; j += 3) {
    if (j === i) continue;
    const dx = positions[j]! - positions[i]!;
    const dy = positions[j + 1]! - positions[i + 1]!;
    const dz = positions[j + 2]! - positions[i + 2]!;
    const distance = Math.sqrt(dx * dx + dy * dy + dz * dz);
    if (distance > sight) continue;
    seen++;
    const gap = [dx, dy, dz];
    const crowding = distance < personal ? (personal - distance) / Math.max(distance, radius * 1e-6) : 0;
    for (let axis = 0; axis < 3; axis++) {
      away[axis]! -= gap[axis]! * crowding;
      along[axis]! += velocities[j + axis]! - velocities[i + axis]!;
      towards[axis]! += gap[axis]!;
    }
  }
  if (seen === 0) return;
  for (let axis = 0; axis < 3; axis++) {
    pushes[i + axis]! += SEPARATION * away[axis]! +
      (ALIGNMENT * along[axis]! + COHESION * towards[axis]!) / seen;
  }
}

function pushAroundCenter(flight: Flight, i: number, space: FlockSpace, pushes: Float64Array): void {
  const { positions, velocities } = flight;
  const { center, radius } = space;
  const dx = positions[i]! - center[0];
  const dz = positions[i + 2]! - center[2];
  const distance = Math.max(Math.sqrt(dx * dx + dz * dz), radius * 1e-6);
  const outX = dx / distance;
  const outZ = dz / distance;
  const inward = (radius - distance) * ORBIT; // Negative beyond the ring: back to it.
  const wantedX = -outZ * radius * CRUISE + outX * inward;
  const wantedZ = outX * radius * CRUISE + outZ * inward;
  pushes[i]! += ORBIT * (wantedX - velocities[i]!);
  pushes[i + 2]! += ORBIT * (wantedZ - velocities[i + 2]!);
  pushes[i + 1]! += LEVELLING * (center[1] - positions[i + 1]!) - LEVELLING * 0.5 * velocities[i + 1]!;
}

function limitSpeed(velocities: Float64Array, i: number, radius: number): void {
  const x = velocities[i]!;
  const y = velocities[i + 1]!;
  const z = velocities[i + 2]!;
  const speed = Math.sqrt(x * x + y * y + z * z);
  const allowed = Math.min(radius * FASTEST, Math.max(radius * SLOWEST, speed));
  const factor = speed > 0 ? allowed / speed : 0;
  for (let axis = i; axis < i + 3; axis++) velocities[axis]! *= factor;
}

/** Birds that would leave turn back at the wall. */
function keepInside(positions: Float64Array, velocities: Float64Array, space: FlockSpace): void {
  const { bounds, margin } = space;
  for (let i = 0; i < positions.length; i++) {
    const low = bounds.min[i % 3]! + margin;
    const high = bounds.max[i % 3]! - margin;
    if (positions[i]! >= low && positions[i]! <= high) continue;
    const past = positions[i]! < low ? 1 : -1;
    positions[i] = low > high ? (low + high) / 2 : Math.min(high, Math.max(low, positions[i]!));
    velocities[i] = past * Math.abs(velocities[i]!);
  }
}
