import type { CameraRig } from "./camera_rig.ts";

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Pixels that a pointer may stray and still be a click. */
const CLICK_PIXELS = 4;
/** Wheel steps are pixels, lines or pages; this many pixels double or halve the distance. */
const PIXELS_PER_DOUBLING = 400;
const PIXELS_PER_LINE = 32;

/** Mouse, pen and touch on the picture move the camera. */
export class PointerControls {
  readonly #canvas: HTMLCanvasElement;
  readonly #rig: CameraRig;
  readonly #pointers = new Map<number, Point>();
  #pressed: Point | undefined;

  constructor(canvas: HTMLCanvasElement, rig: CameraRig) {
    this.#canvas = canvas;
    this.#rig = rig;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#release(event));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  get #isLocked(): boolean {
    return document.pointerLockElement === this.#canvas;
  }

  #down(event: PointerEvent): void {
    this.#canvas.focus({ preventScroll: true });
    this.#canvas.setPointerCapture(event.pointerId);
    this.#canvas.classList.add("dragging");
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.#pressed = { x: event.clientX, y: event.clientY };
  }

  #move(event: PointerEvent): void {
    const height = this.#canvas.clientHeight;
    if (this.#isLocked) {
      this.#rig.drag(event.movementX / height, event.movementY / height);
      return;
    }
    const before = this.#pointers.get(event.pointerId);
    if (before === undefined) return;
    const now = { x: event.clientX, y: event.clientY };
    const others = [...this.#pointers].filter(([id]) => id !== event.pointerId);
    this.#pointers.set(event.pointerId, now);
    const dx = (now.x - before.x) / height;
    const dy = (now.y - before.y) / height;
    if (others.length > 0) this.#pinch(before, now, others[0]![1]);
    else if (event.shiftKey || (event.buttons & 6) !== 0) this.#rig.pan(dx, dy);
    else this.#rig.drag(dx, dy);
  }

  /** Two fingers: their distance zooms, their middle shifts the view. */
  #pinch(before: Point, now: Point, other: Point): void {
    const height = this.#canvas.clientHeight;
    const wasApart = Math.hypot(before.x - other.x, before.y - other.y);
    const isApart = Math.hypot(now.x - other.x, now.y - other.y);
    if (wasApart > 1 && isApart > 1) this.#rig.zoom(wasApart / isApart);
    this.#rig.pan((now.x - before.x) / 2 / height, (now.y - before.y) / 2 / height);
  }

  #up(event: PointerEvent): void {
    const pressed = this.#pressed;
    this.#release(event);
    if (pressed === undefined || event.pointerType !== "mouse" || event.button !== 0) return;
    const strayed = Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y);
    if (this.#rig.mode !== "fly" || strayed > CLICK_PIXELS || this.#isLocked) return;
    // A browser may refuse; dragging then still looks around.
    Promise.resolve(this.#canvas.requestPointerLock()).catch(() => undefined);
  }

  #release(event: PointerEvent): void {
    this.#pointers.delete(event.pointerId);
    if (this.#pointers.size === 0) this.#canvas.classList.remove("dragging");
    this.#pressed = undefined;
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : PIXELS_PER_LINE;
    const pixels = Math.max(-PIXELS_PER_DOUBLING, Math.min(PIXELS_PER_DOUBLING, event.deltaY * unit));
    this.#rig.zoom(2 ** (pixels / PIXELS_PER_DOUBLING));
  }
}
