import type { Bounds } from "../space/mod.ts";
import { fitBounds, type Viewport } from "../viewport/mod.ts";
import { fly, look } from "./camera_fly.ts";
import { type DistanceRange, orbit, pan, zoom } from "./camera_orbit.ts";
import { type CameraPose, type Lens, poseDistance, toViewport } from "./camera_pose.ts";
import { DEFAULT_LENS } from "./view_from.ts";

/** How drags and keys are understood: around the target, or from the eye. */
export type CameraMode = "orbit" | "fly";

const GLIDE_MS = 450;

interface Glide {
  readonly from: CameraPose;
  readonly to: CameraPose;
  elapsedMs: number;
}

/** The camera of the page: one pose and lens, moved by whoever holds the controls, read by the screen and the server. */
export class CameraRig {
  mode: CameraMode = "orbit";
  /** Whether a person, or a script, has moved it since the last `frame`. */
  isTouched = false;
  #pose: CameraPose = { eye: [0, 0, 1], target: [0, 0, 0] };
  #lens: Lens = { ...DEFAULT_LENS, aspectRatio: 1 };
  #range: DistanceRange = { min: 1, max: 6144 };
  #worldSize = 1024;
  #glide: Glide | undefined;

  get pose(): CameraPose {
    return this.#pose;
  }

  get lens(): Lens {
    return this.#lens;
  }

  /** What is drawn and what the server is told. */
  get viewport(): Viewport {
    return toViewport(this.#pose, this.#lens);
  }

  /** Fits the lens and the reach of the camera to a world. */
  setWorld(bounds: Bounds): void {
    const size = bounds.max[0] - bounds.min[0];
    this.#worldSize = size;
    this.#lens = { ...this.#lens, nearPlane: size / 2048, farPlane: size * 8 };
    this.#range = { min: size / 512, max: size * 6 };
  }

  /** Fits the lens to the picture: its width by its height, and its height in pixels. */
  setPicture(aspectRatio: number, heightPx: number): void {
    this.#lens = { ...this.#lens, aspectRatio, heightPx };
  }

  /** Goes there at once, and stays. */
  set(pose: CameraPose): void {
    this.#glide = undefined;
    this.#pose = pose;
    this.isTouched = true;
  }

  /** Shows a box whole; glides there unless it is the first view. */
  frame(bounds: Bounds, isSmooth: boolean): void {
    const to = fitBounds(bounds, this.#lens);
    this.#glide = isSmooth ? { from: this.#pose, to, elapsedMs: 0 } : undefined;
    if (!isSmooth) this.#pose = to;
    this.isTouched = false;
  }

  /** A drag by fractions of the screen's height: turns around the target, or looks around. */
  drag(dx: number, dy: number): void {
    const turn = this.mode === "orbit" ? orbit : look;
    const speed = this.mode === "orbit" ? Math.PI : this.#lens.fovY * 1.5;
    this.set(turn(this.#pose, -dx * speed, -dy * speed));
  }

  /** Arrow keys: the eye goes, or looks, the way of the arrow; in screen heights to the left and up. */
  turn(left: number, up: number): void {
    if (this.mode === "orbit") this.drag(left, up);
    else this.drag(-left, -up);
  }

  pan(dx: number, dy: number): void {
    this.set(pan(this.#pose, dx, dy, this.#lens.fovY));
  }

  /** Comes nearer (`factor` below 1) or goes away; a flying camera moves along its view instead. */
  zoom(factor: number): void {
    if (this.mode === "orbit") this.set(zoom(this.#pose, factor, this.#range));
    else this.fly(Math.log2(1 / factor) * 0.25, 0, 0);
  }

  /** Moves by multiples of the camera's pace, which grows with the distance to what it looks at. */
  fly(forward: number, right: number, up: number): void {
    const pace = Math.max(this.#worldSize / 64, Math.min(poseDistance(this.#pose), this.#worldSize / 2));
    this.set(fly(this.#pose, forward * pace, right * pace, up * pace));
  }

  /** Carries on a glide. */
  step(elapsedMs: number): void {
    const glide = this.#glide;
    if (glide === undefined) return;
    glide.elapsedMs += elapsedMs;
    const t = Math.min(1, glide.elapsedMs / GLIDE_MS);
    this.#pose = between(glide.from, glide.to, t * t * (3 - 2 * t));
    if (t === 1) this.#glide = undefined;
  }
}

function between(a: CameraPose, b: CameraPose, t: number): CameraPose {
  const mix = (p: CameraPose["eye"], q: CameraPose["eye"]): CameraPose["eye"] => [
    p[0] + (q[0] - p[0]) * t,
    p[1] + (q[1] - p[1]) * t,
    p[2] + (q[2] - p[2]) * t,
  ];
  return { eye: mix(a.eye, b.eye), target: mix(a.target, b.target) };
}
