import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import type { World } from "../../src/world/mod.ts";
import { RunningServer } from "../integration/running_server.ts";
import { AheadClock } from "../support/ahead_clock.ts";
import { browserTest } from "./viewer_fixture.ts";
import { waitFor } from "../support/wait_for.ts";

const KEY = "open-sesame-0123456789";
const LOCKOUT_SEC = 600;

/** A cube of 8 cells an axis with its lowest corner at these cells. */
function addCube(world: World, x: number, y: number, z: number): void {
  const positions = Uint32Array.from({ length: 3 * 512 }, (_, i) => {
    const cell = Math.floor(i / 3);
    return [x + (cell & 7), y + ((cell >> 3) & 7), z + (cell >> 6)][i % 3]!;
  });
  world.apply({ kind: "patch", cells: { positions, colors: new Uint32Array(512).fill(0xff30c0ff) } });
}

browserTest("the page in each state of its world, its server and its visitor", {
  "an empty world says how to fill it, and shows what comes without being touched": async (browser) => {
    await using server = await RunningServer.start();
    const tab = await browser.open(server.url, { width: 390, height: 640 });
    assertStringIncludes(await tab.notice("This world is empty"), "import FILE --world main");
    const before = await tab.camera();
    addCube(server.app.defaultWorld, 100, 0, 100);
    await tab.until("the cube has come", ({ regions, drawn }) => regions === 1 && drawn > 0);
    await tab.page.locator("#notice").waitFor({ state: "hidden" });
    await tab.cameraMoved(before);
    const data = await tab.page.evaluate("({ ...document.documentElement.dataset })");
    assertEquals((data as Record<string, string>).state, "connected");
    assertEquals((data as Record<string, string>).regions, "1");
    assertEquals(browser.complaints, []);
  },
  "a world that does not exist is named, with a way to the default world": async (browser) => {
    await using server = await RunningServer.start();
    addCube(server.app.defaultWorld, 100, 0, 100);
    const tab = await browser.open(`${server.url}?world=atlantis`);
    await tab.notice("There is no world atlantis");
    assertEquals((await tab.stats()).state, "failed");
    await tab.page.getByRole("link", { name: "Open the default world" }).click();
    await tab.until("the default world is there", ({ regions }) => regions === 1);
    assertEquals(browser.complaints, []);
  },
  "a server with a key asks for it, says when it is wrong, and lets the right one in": async (browser) => {
    await using server = await RunningServer.start({
      "security.apiKey": KEY,
      "security.trustProxy": "127.0.0.1",
    });
    addCube(server.app.defaultWorld, 100, 0, 100);
    const tab = await browser.open(server.url);
    await tab.notice("Sign in");
    const field = tab.page.getByLabel("API key");
    assertEquals(await tab.page.evaluate("document.activeElement.id"), "key");
    await field.fill("a wrong key");
    await field.press("Enter");
    await tab.page.getByRole("alert").getByText("This key is not right").waitFor();
    await field.fill(KEY);
    await tab.page.getByRole("button", { name: "Sign in" }).click();
    await tab.until("the world is there", ({ state, regions }) => state === "connected" && regions === 1);
    assertEquals(await tab.page.evaluate("location.search + location.hash"), "");
    await tab.page.reload();
    await tab.until("the key is known after a reload", ({ regions }) => regions === 1);
  },
  "signing out forgets the key and the picture, and the server asks again": async (browser) => {
    await using server = await RunningServer.start({
      "security.apiKey": KEY,
      "security.trustProxy": "127.0.0.1",
    });
    addCube(server.app.defaultWorld, 100, 0, 100);
    const tab = await browser.open(server.url);
    await tab.notice("Sign in");
    const button = tab.page.getByRole("button", { name: "Sign out" });
    assertEquals(await button.count(), 0);
    await tab.page.getByLabel("API key").fill(KEY);
    await tab.page.getByRole("button", { name: "Sign in" }).click();
    await tab.until("the world is there", ({ regions }) => regions === 1);
    await button.click();
    await tab.notice("Sign in");
    assertEquals(await button.count(), 0);
    assertEquals(await tab.page.getByRole("alert").count(), 0);
    assertEquals(await tab.page.evaluate("sessionStorage.length"), 0);
    assertEquals((await tab.stats()).regions, 0);
    await waitFor(() => server.app.status().clients.connected === 0, { what: "the connection to end" });
  },
  "a lock-out counts down, with no button that could shorten it, and then lets in": async (browser) => {
    const clock = new AheadClock();
    await using server = await RunningServer.start({
      "security.apiKey": KEY,
      "security.trustProxy": "127.0.0.1",
      "security.maxAuthFailures": 1,
      "security.authLockoutSec": LOCKOUT_SEC,
    }, clock);
    const tab = await browser.open(server.url);
    await tab.page.clock.install();
    await tab.notice("Sign in");
    const field = tab.page.getByLabel("API key");
    await field.fill("a-wrong-key-0123");
    await field.press("Enter");
    await tab.page.getByRole("alert").getByText("This key is not right").waitFor();
    await field.fill(KEY);
    await field.press("Enter");
    assertStringIncludes(await tab.notice("Locked out for a moment"), "Trying again in");
    assertEquals(await tab.page.locator("#notice button:visible").count(), 0);
    clock.skip(1000 * LOCKOUT_SEC);
    await tab.page.clock.fastForward(1000 * LOCKOUT_SEC);
    await tab.until("it is let in", ({ state }) => state === "connected");
  },
  "when the server goes the page says so, and comes back by itself to the world as it is then": async (
    browser,
  ) => {
    const first = await RunningServer.start();
    addCube(first.app.defaultWorld, 100, 0, 100);
    addCube(first.app.defaultWorld, 300, 0, 300);
    const tab = await browser.open(first.url);
    const { epoch } = await tab.until("both cubes are there", ({ regions }) => regions === 2);
    const view = await tab.camera();
    await tab.listen();
    await first[Symbol.asyncDispose]();
    const said = await waitFor(
      async () => (await tab.said()).find((text) => text.includes("Server shutdown")),
      { what: "the page to say why the server went", deadlineMs: 60_000 },
    );
    assertStringIncludes(said, "Trying again");
    assertEquals((await tab.stats()).regions, 2, "the last picture stays");

    await using second = await RunningServer.start({ port: Number(new URL(first.url).port) });
    addCube(second.app.defaultWorld, 200, 0, 200);
    const stats = await tab.until(
      "the new server's world is there",
      ({ state, regions }) => state === "connected" && regions === 1,
    );
    assertNotEquals(stats.epoch, epoch);
    assertEquals(await tab.camera(), view, "the camera stays where the person has put it");
  },
});
