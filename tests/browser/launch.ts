import type { Browser } from "playwright-core";
import { commandPath } from "../support/needs.ts";

/**
 * The only place for Chromium's flags. The first lines keep it quiet and let it run as root; the last three give a
 * machine without a graphics card WebGL 2 on Mesa's llvmpipe and WebGPU on SwiftShader, with canvases that are really
 * shown: without any one of them a canvas stays blank or takes the graphics process down.
 */
const FLAGS: readonly string[] = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--mute-audio",
  "--enable-unsafe-webgpu",
  "--use-angle=gl-egl",
  "--ignore-gpu-blocklist",
];

/** Starts a browser without a window; the caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  // Imported late: the package reads the environment while it loads, which a run without permissions may not. It also
  // looks into /proc for the Windows subsystem, which Deno allows only with all permissions; this variable spares that.
  Deno.env.set("__IS_WSL_TEST__", "1");
  const { chromium } = await import("playwright-core");
  return await chromium.launch({ executablePath: await commandPath("chromium"), args: [...FLAGS] });
}
