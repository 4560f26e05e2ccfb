/** Entry of the page: puts the parts together. */
import { Backoff } from "./backoff.ts";
import { askAdmission, openBrowserSocket } from "./browser_link.ts";
import { Connection } from "./connection.ts";
import { graphicsSupport } from "./graphics_support.ts";
import { pageElement } from "./page_elements.ts";
import { storeKey } from "./api_key.ts";
import { browserTimers } from "./timers.ts";
import { ViewerPage } from "./viewer_page.ts";
import type { ViewerApi } from "./viewer_api.ts";
import { WorldView } from "./world_view.ts";

const MEBIBYTE = 2 ** 20;

declare global {
  /** For tests, and for scripts typed into the browser's console. */
  var voxcast: ViewerApi | undefined;
}

main();

function main(): void {
  const graphics = graphicsSupport();
  const world = new URLSearchParams(location.search).get("world") ?? undefined;
  const view = new WorldView({
    worker: new Worker(new URL("/assets/decode_worker.js", location.href), { type: "module" }),
    maxBytes: (isSmallDevice() ? 128 : 512) * MEBIBYTE,
    now: browserTimers.monotonic,
    onProblem: (message) => page.showProblem(message),
  });
  const page: ViewerPage = new ViewerPage({
    canvas: pageElement("view", HTMLCanvasElement),
    view,
    graphics,
    world: world ?? "",
    connect: () => connection.start(),
    signIn: (key) => {
      storeKey(key);
      connection.start();
    },
    onView: (viewport) => connection.updateViewport(viewport),
  });
  const connection = new Connection({
    timers: browserTimers,
    backoff: new Backoff({ baseMs: 500, maxMs: 30_000, random: Math.random }),
    clientId: `viewer-${Math.random().toString(36).slice(2, 10)}`,
    world,
    viewport: () => page.viewport,
    admit: askAdmission,
    openSocket: (events) => openBrowserSocket(world, events),
    onStatus: (status) => page.showStatus(status),
    onRegistered: (registration) => page.begin(registration),
    onFrame: (bytes) => view.receive(bytes),
    onViewportSent: (viewport) => view.told(viewport),
    onError: (error) => page.showProblem(error.message),
  });
  globalThis.voxcast = page.api;
  addEventListener("online", () => connection.phase === "waiting" && connection.start());
  addEventListener("pagehide", () => connection.stop());
  addEventListener("pageshow", (event) => event.persisted && connection.start());
  if (graphics.hasWebgl2) connection.start();
}

/** Phones and tablets share their memory with the picture. */
function isSmallDevice(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}
