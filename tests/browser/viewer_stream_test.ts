import { assert, assertEquals, assertGreater, assertGreaterOrEqual, assertLess } from "@std/assert";
import { backpressureMessage, readKnown } from "../../src/protocol/mod.ts";
import type { World } from "../../src/world/mod.ts";
import { RunningServer } from "../integration/running_server.ts";
import { CutProxy } from "../support/cut_proxy.ts";
import { raiseHills } from "../support/hills.ts";
import { difference } from "./picture.ts";
import { browserTest, type ViewerTab } from "./viewer_fixture.ts";

/** Everything at full detail, so that there is much to refine. */
const FULL_DETAIL = { "streaming.lodThresholds": [5000, 6000, 7000] };

/** A moment of the page: regions held, and how many of them at each level of detail. */
interface Moment {
  readonly regions: number;
  readonly lods: readonly number[];
}

/** Has the page write down what it holds, each time that it draws. */
const WATCH = `
  globalThis.moments = [];
  const look = () => {
    if (globalThis.voxcast !== undefined) {
      const { regions, lods } = voxcast.stats();
      moments.push({ regions, lods });
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
`;

/** What a page holds once it has all of a model at full detail. */
async function whole(tab: ViewerTab): Promise<number> {
  const isWhole = ({ regions, lods }: Moment) => regions > 0 && lods[0] === regions;
  let last = -1;
  const stats = await tab.until("all regions are there in full detail", (now) => {
    const isSteady = isWhole(now) && now.pending === 0 && now.bytes === last;
    last = now.bytes;
    return isSteady;
  });
  return stats.regions;
}

/** Cells of a small block. */
function paint(world: World, x: number, color: number): void {
  const positions = Uint32Array.from({ length: 3 * 64 }, (_, i) => {
    const cell = Math.floor(i / 3);
    return [x + (cell & 3), (cell >> 2) & 3, 500 + (cell >> 4)][i % 3]!;
  });
  world.apply({ kind: "patch", cells: { positions, colors: new Uint32Array(64).fill(color) } });
}

browserTest("what the page shows while regions stream, after a loss, and without WebSockets", {
  "the view comes coarse first and gets fine, and no region is ever gone or coarser again": async (
    browser,
  ) => {
    await using server = await RunningServer.start(FULL_DETAIL);
    raiseHills(server.app.defaultWorld);
    const tab = await browser.open("about:blank");
    await tab.page.addInitScript(WATCH);
    await tab.page.goto(server.url);
    const regions = await whole(tab);
    const moments = await tab.page.evaluate<Moment[]>("moments");
    const coarse = moments.find(({ lods }) => lods.slice(1).some((count) => count > 0));
    assert(coarse !== undefined, "nothing coarse was ever shown");
    for (const [i, { regions: now, lods }] of moments.slice(1).entries()) {
      assertGreaterOrEqual(now, moments[i]!.regions, "a region was gone for a moment");
      assertGreaterOrEqual(lods[0] ?? 0, moments[i]!.lods[0] ?? 0, "a region was coarser for a moment");
    }
    assertGreaterOrEqual(regions, 16);
    assertEquals(browser.complaints, []);
  },
  "a connection that is cut keeps the picture, and the next one sends only what has changed": async (
    browser,
  ) => {
    await using server = await RunningServer.start(FULL_DETAIL);
    raiseHills(server.app.defaultWorld);
    await using proxy = new CutProxy(server.url);
    const tab = await browser.open("about:blank");
    const sent: Uint8Array[] = [];
    tab.page.on(
      "websocket",
      (socket) => socket.on("framesent", ({ payload }) => typeof payload !== "string" && sent.push(payload)),
    );
    await tab.page.addInitScript(WATCH);
    await tab.page.goto(proxy.url);
    const regions = await whole(tab);
    const cold = (await tab.stats()).bytes;
    const before = await tab.picture();
    await tab.page.evaluate("moments.length = 0");

    proxy.cut();
    await tab.until("the page has noticed", ({ state }) => state !== "connected");
    await tab.until("it is back", ({ state }) => state === "connected");
    await tab.page.evaluate("voxcast.settled()");
    const known = sent.map((bytes) => readKnown(new Uint8Array(bytes)));
    assertGreater(known.flatMap(({ mortons }) => [...mortons]).length, 0);
    assertEquals(new Set(known.map(({ type }) => type)), new Set(["KNOWN"]));
    const held = await tab.page.evaluate<Moment[]>("moments");
    assert(held.every((moment) => moment.regions === regions && moment.lods[0] === regions));
    assertLess(difference(before, await tab.picture(), 2), 0.001);
    const warm = (await tab.stats()).bytes - cold + sent.reduce((sum, { length }) => sum + length, 0);
    assertLess(warm / cold, 0.01, `${warm} of ${cold} bytes`);

    paint(server.app.defaultWorld, 500, 0xff20d0ff);
    await tab.until("what changes then is shown", ({ bytes }) => bytes > cold);
    assertEquals((await tab.stats()).malformed, 0);
  },
  "what the server holds back is said beside the status, for as long as it holds": async (browser) => {
    await using server = await RunningServer.start();
    paint(server.app.defaultWorld, 500, 0xff30c0ff);
    const tab = await browser.open("about:blank", { width: 390, height: 640 });
    let say = (_text: string) => {};
    await tab.page.routeWebSocket(/ws\/render/, (socket) => {
      socket.connectToServer();
      say = (text) => socket.send(text);
    });
    await tab.page.goto(server.url);
    await tab.until("the world is there", ({ regions }) => regions > 0);
    const pressure = { heldRegions: 9, finestLod: 2 } as const;
    const remark = tab.page.locator("#pressure");
    assertEquals(await remark.isVisible(), false);
    say(backpressureMessage({ ...pressure, state: "held", reason: "memory" }, 0));
    await remark.getByText("Server memory is short: detail is reduced").waitFor();
    assert((await tab.page.locator("#world").boundingBox())!.width > 20, "the world's name is still there");
    say(backpressureMessage({ ...pressure, state: "released", reason: "memory" }, 0));
    await remark.waitFor({ state: "hidden" });
    assertEquals(browser.complaints, []);
  },
  "behind a proxy that passes no WebSockets the world comes over HTTP, and a socket takes over once it opens":
    async (browser) => {
      await using server = await RunningServer.start(FULL_DETAIL);
      paint(server.app.defaultWorld, 500, 0xff30c0ff);
      await using proxy = new CutProxy(server.url);
      proxy.refusesUpgrades = true;
      const tab = await browser.open(proxy.url);
      const polled = await tab.until("the region has come", ({ regions }) => regions > 0);
      assertEquals(polled.state === "connected", false);
      await tab.page.locator("#status").getByText("Polling").waitFor();
      await tab.page.locator("#notice").waitFor({ state: "hidden" });
      assertGreaterOrEqual(proxy.upgrades, 3);
      await tab.look([512, 300, 1000], [512, 0, 500]);
      paint(server.app.defaultWorld, 512, 0xff30c0ff);
      await tab.until("what is changed comes too", ({ regions }) => regions > polled.regions);
      proxy.refusesUpgrades = false;
      await tab.until("a socket has opened", ({ state }) => state === "connected");
      await tab.page.locator("#status").getByText("Live").waitFor();
      assertEquals((await tab.stats()).malformed, 0);
    },
});
