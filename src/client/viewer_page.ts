import type { Backpressure } from "../protocol/mod.ts";
import type { Viewport } from "../viewport/mod.ts";
import { CameraRig } from "./camera_rig.ts";
import type { ClientStatus } from "./client_status.ts";
import { Framing } from "./framing.ts";
import type { GraphicsSupport } from "./graphics_support.ts";
import { Hud } from "./hud.ts";
import { KeyboardControls } from "./keyboard_controls.ts";
import { NO_WEBGL2, noticeFor } from "./notice.ts";
import { NoticeCard } from "./notice_card.ts";
import { createViewerApi } from "./page_api.ts";
import { pageElement } from "./page_elements.ts";
import { Picture } from "./picture.ts";
import { PointerControls } from "./pointer_controls.ts";
import { type PressureReason, pressureText } from "./pressure_text.ts";
import type { Registration } from "./server_message.ts";
import { connectTools } from "./tools.ts";
import type { ViewerApi, ViewerStats } from "./viewer_api.ts";
import type { WorldView } from "./world_view.ts";

/** What the page shows, and whom it tells what the person wants. */
export interface ViewerPageOptions {
  readonly canvas: HTMLCanvasElement;
  readonly view: WorldView;
  readonly graphics: GraphicsSupport;
  /** World of the address; empty for the server's default. */
  readonly world: string;
  readonly connect: () => void;
  readonly signIn: (key: string) => void;
  /** Forgets the key and all that it opened. */
  readonly signOut: () => void;
  /** Whether the page holds a key. */
  readonly hasKey: () => boolean;
  /** Called with the view of every picture drawn. */
  readonly onView: (viewport: Viewport) => void;
}

/** How often the numbers on the screen change. */
const REFRESH_MS = 250;
const DISCONNECTED: ClientStatus = {
  state: "disconnected",
  step: "none",
  error: undefined,
  retryAtMs: undefined,
  attempts: 0,
  isPolling: false,
};

/** Everything that the person sees and touches. */
export class ViewerPage {
  readonly #options: ViewerPageOptions;
  readonly #rig = new CameraRig();
  readonly #hud = new Hud();
  readonly #card: NoticeCard;
  readonly #signOut = pageElement("sign-out", HTMLButtonElement);
  readonly #framing: Framing;
  /** Why less is sent now than is in view. */
  readonly #pressures = new Set<PressureReason>();
  #picture: Picture | undefined;
  #status = DISCONNECTED;

  constructor(options: ViewerPageOptions) {
    this.#options = options;
    const { view, graphics, world } = options;
    this.#framing = new Framing(this.#rig, view, !matchMedia("(prefers-reduced-motion: reduce)").matches);
    this.#card = new NoticeCard({ onRetry: options.connect, onSignIn: options.signIn });
    this.#signOut.addEventListener("click", options.signOut);
    this.#hud.showWorld(world);
    if (graphics.hasWebgl2) this.#start();
    else this.#card.show(NO_WEBGL2, false);
  }

  /** The script interface; see `viewer_api.ts`. */
  get api(): ViewerApi {
    return createViewerApi(this.#rig, () => this.#stats(), () => this.#picture?.isSettled ?? false);
  }

  /** The view of this moment. */
  get viewport(): Viewport {
    return this.#rig.viewport;
  }

  /** The server accepted us. */
  begin(registration: Registration): void {
    this.#framing.begin(registration);
    this.#hud.showWorld(registration.world);
    this.#hud.showProblem("");
  }

  showStatus(status: ClientStatus): void {
    this.#status = status;
    this.#hud.showStatus(status);
    if (status.state !== "connected") {
      this.#pressures.clear();
      this.#hud.showPressure("");
    }
    this.#signOut.hidden = !this.#options.hasKey();
    this.#refresh();
  }

  /** The server sends less than is in view, or no longer so. */
  showPressure({ state, reason }: Backpressure): void {
    if (state === "held") this.#pressures.add(reason);
    else this.#pressures.delete(reason);
    this.#hud.showPressure(pressureText(this.#pressures));
  }

  /** The last thing that went wrong. */
  showProblem(message: string): void {
    this.#hud.showProblem(message);
  }

  #start(): void {
    const { canvas, view, graphics, onView, connect } = this.#options;
    const rig = this.#rig;
    const actions = connectTools(rig, this.#hud, () => this.#framing.showAll());
    const keyboard = new KeyboardControls(rig, actions);
    new PointerControls(canvas, rig);
    this.#picture = new Picture({
      canvas,
      view,
      rig,
      antialias: !graphics.isSoftware,
      step: (elapsedMs) => {
        keyboard.step(elapsedMs);
        rig.step(elapsedMs);
      },
      onView,
    });
    // What was on a lost graphics card is gone for good, so the server is asked for it again.
    canvas.addEventListener("webglcontextrestored", connect);
    const remark = graphics.isSoftware
      ? "No graphics card in use: the processor draws, so motion is slow"
      : "";
    this.#hud.showGraphics(remark);
    setInterval(() => this.#refresh(), REFRESH_MS);
  }

  #refresh(): void {
    const nowMs = performance.now();
    const { view } = this.#options;
    view.sweep();
    this.#framing.follow(nowMs);
    const stats = this.#stats();
    const hasContent = stats.regions > 0;
    const facts = {
      world: stats.world,
      hasContent,
      expectsContent: view.registration?.contentBounds !== undefined || stats.pending > 0,
      nowMs: Date.now(),
    };
    this.#card.show(noticeFor(this.#status, facts), hasContent);
    this.#hud.showNumbers({
      ...stats,
      bytesPerSecond: view.rate.perSecond(nowMs),
      isMoving: this.#picture?.loop.isMoving ?? false,
    });
    const { state, regions, voxels, frames, epoch } = stats;
    Object.assign(document.documentElement.dataset, { state, regions, voxels, frames, epoch });
  }

  #stats(): ViewerStats {
    const { view, world } = this.#options;
    const { regions, voxels } = view.scene.totals;
    const { received, bytes, malformed, superseded } = view.counts;
    return {
      state: this.#status.state,
      world: view.registration?.world ?? world,
      epoch: view.registration?.epoch ?? 0,
      regions,
      voxels,
      drawn: this.#picture?.drawnVoxels ?? 0,
      frames: received,
      malformed,
      superseded,
      pending: view.pending,
      bytes,
      pictures: this.#picture?.loop.drawn ?? 0,
      framesPerSecond: this.#picture?.loop.rate.perSecond ?? 0,
      lods: view.lods(),
    };
  }
}
