import { add, dot, scale, type Vec3 } from "../space/mod.ts";
import { FACE_NORMALS, type Hit, INSIDE_FACE, WORLD_UNITS } from "../tree/mod.ts";
import type { PictureView } from "./picture_view.ts";

/**
 * How a pixel gets its colour: twins, function by function and in doubles, of `shaders/trace/shade.wgsl`.
 */

/** Share of the light from everywhere that comes from above alone. */
const SKY_SHARE = 0.25;
/** Light of the sun on a face straight towards it, in shares of what the light from everywhere leaves dark. */
const SUN_LIGHT = 1.4;

/** A whole number that looks like chance (M. Jarzynski, M. Olano, "Hash Functions for GPU Rendering", 2020: PCG). */
export function pcg(value: number): number {
  const state = (Math.imul(value, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737);
  return ((word >>> 22) ^ word) >>> 0;
}

/** The chance of a pixel: the same in every picture of its size, so that a picture is made twice alike. */
export function pixelHash(x: number, y: number): number {
  return pcg((x + pcg(y)) >>> 0);
}

/** A direction to a point of the sun, which is a square. */
export function towardsSun(view: PictureView, hash: number): Vec3 {
  const u = ((hash & 0xffff) + 0.5) / 32768 - 1;
  const v = ((hash >>> 16) + 0.5) / 32768 - 1;
  return add(view.sun, add(scale(view.sunX, u), scale(view.sunY, v)));
}

/** The sky in a direction, a unit vector. */
export function skyColor(view: PictureView, direction: Vec3): Vec3 {
  const height = Math.max(0, dot(direction, view.zenith));
  return mix(view.horizonColor, view.zenithColor, height * (2 - height));
}

/** Outward unit normal of the face that was hit; against the ray where it starts inside. */
export function hitNormal({ face }: Hit, direction: Vec3): Vec3 {
  return face === INSIDE_FACE ? scale(direction, -1) : faceNormal(face);
}

/** Outward unit normal of a face that is none of `INSIDE_FACE`. */
export function faceNormal(face: number): Vec3 {
  return [FACE_NORMALS[3 * face]!, FACE_NORMALS[3 * face + 1]!, FACE_NORMALS[3 * face + 2]!];
}

/** How far from the face its shadow ray begins, so that no rounding lets a cell shade itself. */
export function shadowGap(hit: Hit, t: number): number {
  return hit.size / WORLD_UNITS / 16 + (1 + t) * 2 ** -21;
}

/** Light on a face of this normal, 0 to 1; `sunShare` is 0 in the shade. */
export function faceLight(view: PictureView, normal: Vec3, sunShare: number): number {
  const ambient = view.ambient * (1 - SKY_SHARE + SKY_SHARE * dot(normal, view.zenith));
  const sunlight = SUN_LIGHT * (1 - view.ambient) * sunShare * Math.max(0, dot(normal, view.sun));
  return Math.min(1, ambient + sunlight);
}

/** A colour as it is seen through `t` of fog. */
export function throughFog(view: PictureView, color: Vec3, t: number): Vec3 {
  return mix(view.horizonColor, color, 2 ** (-view.fog * t));
}

/** Colour of a packed word, without alpha. */
export function unpackRgb(word: number): Vec3 {
  return [(word & 255) / 255, (word >>> 8 & 255) / 255, (word >>> 16 & 255) / 255];
}

/** Packs a colour as RGBA8 without transparency. */
export function packRgb(color: Vec3): number {
  return (byteOf(color[0]) | byteOf(color[1]) << 8 | byteOf(color[2]) << 16 | 0xff000000) >>> 0;
}

function byteOf(channel: number): number {
  return Math.floor(255 * Math.min(1, Math.max(0, channel)) + 0.5);
}

function mix(a: Vec3, b: Vec3, share: number): Vec3 {
  return add(scale(a, 1 - share), scale(b, share));
}
