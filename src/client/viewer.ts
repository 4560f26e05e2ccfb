/** Entry of the page: puts the parts together. */
import { forgetKey, storedKey, storeKey } from "./api_key.ts";
import { graphicsSupport } from "./graphics_support.ts";
import { pageElement } from "./page_elements.ts";
import { systemTimers } from "./timers.ts";
import type { ViewerApi } from "./viewer_api.ts";
import { ViewerPage } from "./viewer_page.ts";
import { VoxcastClient } from "./voxcast_client.ts";
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
    now: systemTimers.monotonic,
    onProblem: (message) => page.showProblem(message),
  });
  const page: ViewerPage = new ViewerPage({
    canvas: pageElement("view", HTMLCanvasElement),
    view,
    graphics,
    world: world ?? "",
    connect: () => client.status.step === "waiting" ? client.retryNow() : connect(),
    signIn: (key) => {
      storeKey(key);
      connect();
    },
    signOut: () => {
      forgetKey();
      // Nothing that the key opened stays in memory: neither the picture nor the session.
      location.reload();
    },
    hasKey: () => storedKey() !== undefined,
    onView: (viewport) => client.updateViewport(viewport),
  });
  const client = new VoxcastClient({
    url: new URL("/", location.href),
    clientId: `viewer-${Math.random().toString(36).slice(2, 10)}`,
    world,
    regions: view,
    credential: () => {
      const apiKey = storedKey();
      return apiKey === undefined ? undefined : { apiKey };
    },
  });
  client.on("status", (status) => page.showStatus(status));
  client.on("registered", (registration) => page.begin(registration));
  client.on("backpressure", (pressure) => page.showPressure(pressure));
  client.on("error", (error) => page.showProblem(error.message));
  client.on("warning", (warning) => page.showProblem(warning.message));
  // What they say is on the page already.
  client.register({ viewport: () => page.viewport }).catch(() => {});
  const connect = () => client.connect().catch(() => {});
  globalThis.voxcast = page.api;
  addEventListener("online", () => client.retryNow());
  addEventListener("pagehide", () => client.close());
  addEventListener("pageshow", (event) => event.persisted && connect());
  if (graphics.hasWebgl2) connect();
}

/** Phones and tablets share their memory with the picture. */
function isSmallDevice(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}
