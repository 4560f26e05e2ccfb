import type { CameraRig } from "./camera_rig.ts";

/** What single keys ask of the page. */
export interface KeyActions {
  readonly toggleMode: () => void;
  readonly showAll: () => void;
  readonly toggleStats: () => void;
  readonly help: () => void;
}

/** Axis and sign that a held key moves along; codes, so that the keys stay in place on every keyboard layout. */
const MOVES: Readonly<Record<string, readonly [forward: number, right: number, up: number]>> = {
  KeyW: [1, 0, 0],
  KeyS: [-1, 0, 0],
  KeyD: [0, 1, 0],
  KeyA: [0, -1, 0],
  KeyE: [0, 0, 1],
  KeyQ: [0, 0, -1],
};
const TURNS: Readonly<Record<string, readonly [left: number, up: number]>> = {
  ArrowLeft: [1, 0],
  ArrowRight: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};
const ZOOMS: Readonly<Record<string, number>> = { "+": 0.5, "=": 0.5, "-": 2 };
/** Screen heights a second. */
const TURN_SPEED = 0.35;
/** Paces a second; see `CameraRig.fly`. */
const MOVE_SPEED = 0.7;
const FAST = 4;

/** Held keys move the camera while they are down; single keys do the rest. */
export class KeyboardControls {
  readonly #held = new Set<string>();
  readonly #rig: CameraRig;
  readonly #actions: KeyActions;
  #isFast = false;

  constructor(rig: CameraRig, actions: KeyActions) {
    this.#rig = rig;
    this.#actions = actions;
    addEventListener("keydown", (event) => this.#down(event));
    addEventListener("keyup", (event) => this.#up(event));
    addEventListener("blur", () => this.#held.clear());
  }

  /** Whether a key holds the camera in motion. */
  get isMoving(): boolean {
    return this.#held.size > 0;
  }

  /** Moves the camera for the keys held over the last `elapsedMs`. */
  step(elapsedMs: number): void {
    const seconds = elapsedMs / 1000;
    const move = seconds * MOVE_SPEED * (this.#isFast ? FAST : 1);
    for (const key of this.#held) {
      const [forward, right, up] = MOVES[key] ?? [0, 0, 0];
      if (key in MOVES) this.#rig.fly(forward * move, right * move, up * move);
      const [left, above] = TURNS[key] ?? [0, 0];
      if (key in TURNS) this.#rig.turn(left * seconds * TURN_SPEED, above * seconds * TURN_SPEED);
      const zoom = ZOOMS[key];
      if (zoom !== undefined) this.#rig.zoom(zoom ** seconds);
    }
  }

  #down(event: KeyboardEvent): void {
    this.#isFast = event.shiftKey;
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const held = heldKey(event);
    if (held !== undefined) {
      this.#held.add(held);
      event.preventDefault();
    } else if (!event.repeat && this.#act(event)) event.preventDefault();
  }

  #act(event: KeyboardEvent): boolean {
    if (event.key === "?") this.#actions.help();
    else if (event.code === "KeyV") this.#actions.toggleMode();
    else if (event.code === "KeyF" || event.code === "KeyR") this.#actions.showAll();
    else if (event.code === "KeyH") this.#actions.toggleStats();
    else return false;
    return true;
  }

  #up(event: KeyboardEvent): void {
    this.#isFast = event.shiftKey;
    const held = heldKey(event);
    // With shift a plus is released as another character, so every zoom key lets go of all of them.
    if (held !== undefined && held in ZOOMS) { for (const key of Object.keys(ZOOMS)) this.#held.delete(key); }
    else if (held !== undefined) this.#held.delete(held);
  }
}

function heldKey(event: KeyboardEvent): string | undefined {
  if (event.code in MOVES || event.code in TURNS) return event.code;
  return event.key in ZOOMS ? event.key : undefined;
}

/** Keys that belong to a field, or to an open dialog, are not the camera's. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, dialog[open]") !== null;
}
