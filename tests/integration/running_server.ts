import { type App, createApp } from "../../src/app.ts";
import { loadConfig } from "../../src/config/mod.ts";
import { type Clock, seededRandom, silentLogger, systemClock } from "../../src/observe/mod.ts";
import type { Viewport } from "../../src/viewport/mod.ts";
import { needs } from "../support/needs.ts";

/** What tests with a running server need. */
export const serverNeeds = await needs({ net: "127.0.0.1" }, { read: true });

/**
 * A real server on a free port, built for by one Worker on the CPU (four take four times as long to start); production
 * values but for what `flags` changes.
 */
export class RunningServer implements AsyncDisposable {
  readonly app: App;
  readonly url: string;

  private constructor(app: App, url: string) {
    this.app = app;
    this.url = url;
  }

  static async start(
    flags: Readonly<Record<string, unknown>> = {},
    clock: Clock = systemClock,
  ): Promise<RunningServer> {
    const defaults = {
      port: 0,
      "log.level": "error",
      "build.backend": "cpu",
      "build.buildPoolSize": 1,
      // Switched off (there is no more): the loop is that of the tests' clients as well, and of all that runs beside it, so
      // its lag says nothing of the server. Tests of paced accepts set a limit of their own.
      "limits.maxLoopLagMs": 60_000,
    };
    const { config } = loadConfig({ env: {}, flags: { ...defaults, ...flags } });
    const app = await createApp({
      config,
      clock,
      random: seededRandom(Date.now()),
      logger: silentLogger,
    });
    const { url } = await app.start();
    return new RunningServer(app, url);
  }

  /** Address of the render socket. */
  get socketUrl(): string {
    return `${this.url.replace("http", "ws")}ws/render`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.app[Symbol.asyncDispose]();
  }
}

/** Sees the whole default world of 1024 units from a corner. */
export const WHOLE_WORLD: Viewport = {
  eye: [1600, 1500, 1700],
  lookAt: [512, 400, 512],
  up: [0, 1, 0],
  fovY: 1.3,
  aspectRatio: 1.5,
  nearPlane: 1,
  farPlane: 5000,
};

/** A viewport in the form of the wire. */
export function viewportFields(view: Viewport): Record<string, unknown> {
  const point = ([x, y, z]: Viewport["eye"]) => ({ x, y, z });
  return { ...view, eye: point(view.eye), lookAt: point(view.lookAt), up: point(view.up) };
}
