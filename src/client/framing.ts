import type { Bounds } from "../space/mod.ts";
import type { CameraRig } from "./camera_rig.ts";
import { sceneBounds, unionBounds } from "./content_box.ts";
import type { Registration } from "./server_message.ts";
import type { WorldView } from "./world_view.ts";

/** While an empty world fills, the camera follows its content for so long after the first of it. */
const FOLLOW_MS = 5000;

/** Decides when the page itself moves the camera: at the start, when an empty world fills, and when asked. */
export class Framing {
  readonly #rig: CameraRig;
  readonly #view: WorldView;
  readonly #isSmooth: boolean;
  /** World and bounds that the camera was set up for. */
  #framedFor = "";
  #isFilling = false;
  #firstContentMs: number | undefined;
  #followed = "";

  /** @param isSmooth whether the camera glides to where it is sent; people may ask for less motion */
  constructor(rig: CameraRig, view: WorldView, isSmooth: boolean) {
    this.#rig = rig;
    this.#view = view;
    this.#isSmooth = isSmooth;
  }

  /** A registration: the camera is set up for a world that is new to the page, and left alone otherwise. */
  begin({ world, bounds, contentBounds }: Registration): void {
    const name = JSON.stringify([world, bounds]);
    if (name === this.#framedFor) return;
    this.#framedFor = name;
    this.#isFilling = contentBounds === undefined;
    this.#firstContentMs = undefined;
    this.#rig.setWorld(bounds);
    this.#rig.frame(contentBounds ?? bounds, false);
  }

  /** Shows everything there is, as at the start. */
  showAll(): void {
    const registered = this.#view.registration?.contentBounds;
    const held = sceneBounds(this.#view.scene);
    const boxes = [registered, held].filter((box) => box !== undefined);
    const box: Bounds = unionBounds(boxes) ?? this.#view.scene.grid.bounds;
    this.#rig.frame(box, this.#isSmooth);
  }

  /** Follows the content of a world that was empty, unless a person has taken the camera. */
  follow(nowMs: number): void {
    if (!this.#isFilling || this.#rig.isTouched) return;
    const box = sceneBounds(this.#view.scene);
    if (box === undefined) return;
    this.#firstContentMs ??= nowMs;
    if (nowMs - this.#firstContentMs > FOLLOW_MS) this.#isFilling = false;
    if (JSON.stringify(box) === this.#followed) return;
    this.#followed = JSON.stringify(box);
    this.#rig.frame(box, this.#isSmooth);
  }
}
