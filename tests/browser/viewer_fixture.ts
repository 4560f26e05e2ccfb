import { equal } from "@std/assert";
import type { Browser, Page } from "playwright-core";
import type { ViewerStats } from "../../src/client/viewer_api.ts";
import type { Vec3 } from "../../src/space/mod.ts";
import type { Viewport } from "../../src/viewport/mod.ts";
import { needs, testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";
import { launchBrowser } from "./launch.ts";
import { type Picture, readPicture } from "./picture.ts";

/** What tests with a browser need. */
export const browserNeeds = await needs(
  { net: "127.0.0.1" },
  { read: true },
  { write: "tmp" },
  { env: true },
  { sys: true },
  { run: "chromium" },
);

/** Small, as the processor draws. */
const SIZE = { width: 480, height: 300 };

/**
 * Registers one test whose steps share a browser, as starting it takes longer than most of them. Pages, profiles and
 * complaints are each step's own.
 */
export function browserTest(
  name: string,
  steps: Readonly<Record<string, (browser: ViewerBrowser) => Promise<void>>>,
): void {
  testWith(browserNeeds, name, async (context) => {
    await using browser = await ViewerBrowser.launch();
    for (const [step, run] of Object.entries(steps)) {
      const fn = async () => {
        await using own = browser.share();
        await run(own);
      };
      // What goes on between the test and its browser belongs to no step; the test looks for what is left.
      await context.step({ name: step, fn, sanitizeOps: false, sanitizeResources: false });
    }
  });
}

/** A browser that says at the end whether a page complained. */
export class ViewerBrowser implements AsyncDisposable {
  readonly complaints: string[] = [];
  readonly #browser: Browser;
  readonly #pages: Page[] = [];
  readonly #close: () => Promise<void>;

  private constructor(browser: Browser, close: () => Promise<void>) {
    this.#browser = browser;
    this.#close = close;
  }

  /** @throws {Error} if the viewer is not bundled, as no page would then ever come alive */
  static async launch(): Promise<ViewerBrowser> {
    for (const name of ["viewer.js", "decode_worker.js"]) {
      await Deno.stat(new URL(`../../dist/viewer/${name}`, import.meta.url)).catch(() => {
        throw new Error(`dist/viewer/${name} is not there: run deno task build first`);
      });
    }
    const browser = await launchBrowser();
    return new ViewerBrowser(browser, () => browser.close());
  }

  /** The same program with pages and complaints of its own; disposing it closes these pages alone. */
  share(): ViewerBrowser {
    const own: ViewerBrowser = new ViewerBrowser(this.#browser, async () => {
      for (const page of own.#pages) await page.close();
    });
    return own;
  }

  /** Opens the viewer at an address, in a profile of its own. */
  async open(url: string, size: { width: number; height: number } = SIZE): Promise<ViewerTab> {
    const page = await this.#browser.newPage({ viewport: size });
    this.#pages.push(page);
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(`${message.text()} (${message.location().url})`);
    });
    await page.goto(url);
    return new ViewerTab(page);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

/** One page with the viewer in it. */
export class ViewerTab {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async stats(): Promise<ViewerStats> {
    // The page is there before its script has run.
    await this.page.waitForFunction("globalThis.voxcast !== undefined");
    return await this.page.evaluate<ViewerStats>("voxcast.stats()");
  }

  camera(): Promise<Viewport> {
    return this.page.evaluate<Viewport>("voxcast.camera.get()");
  }

  /** Waits until the page has moved the camera from there, and has come to rest. */
  async cameraMoved(from: Viewport): Promise<Viewport> {
    let last = from;
    return await waitFor(async () => {
      const now = await this.camera();
      const isAtRest = equal(now, last);
      last = now;
      return isAtRest && !equal(now, from) && now;
    }, { what: "the page to move the camera and leave it", deadlineMs: 60_000, intervalMs: 50 });
  }

  /** Looks from somewhere, and waits until all that has come is on the screen. */
  async look(eye: Vec3, lookAt: Vec3): Promise<void> {
    await this.page.evaluate(`voxcast.camera.set(${JSON.stringify(eye)}, ${JSON.stringify(lookAt)})`);
    await this.page.evaluate("voxcast.settled()");
  }

  /** Waits until the page's own account of its state says so. */
  async until(what: string, holds: (stats: ViewerStats) => boolean): Promise<ViewerStats> {
    return await waitFor(async () => {
      const stats = await this.stats();
      return holds(stats) && stats;
    }, { what: `the page: ${what}`, deadlineMs: 60_000, intervalMs: 50 });
  }

  /** Waits until the card over the picture has this title, and returns all that it says. */
  async notice(title: string): Promise<string> {
    const card = this.page.locator("#notice");
    await card.getByRole("heading", { name: title }).waitFor({ timeout: 60_000 });
    return await card.innerText();
  }

  /** From now on keeps all that the card says, however short: the first attempt to reconnect may come at once. */
  async listen(): Promise<void> {
    await this.page.evaluate(`
      globalThis.saidByCard = [];
      new MutationObserver(() => saidByCard.push(document.getElementById("notice").textContent))
        .observe(document.getElementById("notice"), { subtree: true, childList: true, characterData: true });
    `);
  }

  /** What the card has said since `listen`. */
  said(): Promise<string[]> {
    return this.page.evaluate<string[]>("saidByCard");
  }

  /** The picture alone, without the panels that lie over it. */
  async picture(): Promise<Picture> {
    await this.page.evaluate(`
      for (const panel of document.querySelectorAll(".panel")) panel.style.visibility = "hidden";
      document.getElementById("view").blur();
      voxcast.settled();
    `);
    return readPicture(await this.page.screenshot());
  }
}
