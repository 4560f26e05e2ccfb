import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { length, subtract } from "../../src/space/mod.ts";
import type { Viewport } from "../../src/viewport/mod.ts";
import { RunningServer } from "../integration/running_server.ts";
import { waitFor } from "../support/wait_for.ts";
import { browserTest } from "./viewer_fixture.ts";

function reach(view: Viewport): number {
  return length(subtract(view.eye, view.lookAt));
}

browserTest("the page under mouse, keys and fingers", {
  "mouse, wheel and keys move the camera, and the server is told": async (browser) => {
    await using server = await RunningServer.start();
    const tab = await browser.open(server.url);
    await tab.until("it is live", ({ state }) => state === "connected");
    const { page } = tab;
    const start = await tab.camera();

    await page.mouse.move(240, 60);
    await page.mouse.down();
    await page.mouse.move(300, 80, { steps: 4 });
    await page.mouse.up();
    const turned = await tab.camera();
    assertEquals(turned.lookAt, start.lookAt);
    assertNotEquals(turned.eye, start.eye);
    assert(Math.abs(reach(turned) - reach(start)) < 1e-6 * reach(start));

    await page.keyboard.down("Shift");
    await page.mouse.down();
    await page.mouse.move(260, 90, { steps: 2 });
    await page.mouse.up();
    await page.keyboard.up("Shift");
    assertNotEquals((await tab.camera()).lookAt, start.lookAt);

    const before = await tab.camera();
    await page.mouse.wheel(0, -200);
    await waitFor(async () => reach(await tab.camera()) < reach(before), {
      what: "the wheel to bring it nearer",
    });

    await page.getByRole("button", { name: "Fly" }).click();
    assertEquals(await page.getByRole("button", { name: "Fly" }).getAttribute("aria-pressed"), "true");
    const flying = await tab.camera();
    await page.keyboard.down("KeyW");
    await waitFor(async () => length(subtract((await tab.camera()).eye, flying.eye)) > 1, { what: "flight" });
    await page.keyboard.up("KeyW");
    assert(Math.abs(reach(await tab.camera()) - reach(flying)) < 1e-6 * reach(flying));

    await page.keyboard.press("KeyF");
    const counts = () => {
      const [connection] = server.app.status().connections();
      return [Number(connection?.packets_received), Number(connection?.malformed_messages)] as const;
    };
    await waitFor(() => counts()[0] > 2, { what: "viewports at the server" });
    assertEquals(counts()[1], 0);
    assertEquals(browser.complaints, []);
  },
  "a phone's two fingers zoom, and its buttons and help can be reached by keyboard": async (browser) => {
    await using server = await RunningServer.start();
    const tab = await browser.open(server.url, { width: 390, height: 640 });
    await tab.until("it is live", ({ state }) => state === "connected");
    const { page } = tab;
    const before = await tab.camera();
    await page.evaluate(`{
    const view = document.getElementById("view");
    const finger = (type, pointerId, x, y) => view.dispatchEvent(new PointerEvent(type, {
      pointerId, pointerType: "touch", isPrimary: pointerId === 1, clientX: x, clientY: y, buttons: 1, bubbles: true,
    }));
    view.setPointerCapture = () => {};
    finger("pointerdown", 1, 180, 300);
    finger("pointerdown", 2, 220, 300);
    finger("pointermove", 2, 300, 300);
    finger("pointerup", 2, 300, 300);
    finger("pointerup", 1, 180, 300);
  }`);
    assert(Math.abs(reach(await tab.camera()) / reach(before) - 40 / 120) < 0.01, "three times as near");

    const names: string[] = [];
    await page.locator("#view").focus();
    for (let i = 0; i < 4; i++) {
      await page.keyboard.press("Tab");
      names.push(await page.evaluate<string>("document.activeElement.textContent.trim()"));
    }
    assertEquals(names, ["Fly", "Fit", "Stats", "Help"]);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Moving around" }).waitFor();
    const width = await page.evaluate<number>("document.documentElement.scrollWidth");
    assert(width <= 390, `the page is ${width} pixels wide`);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.locator("#view").focus();
    await page.keyboard.press("KeyH");
    assertEquals(await page.locator("#hud").isVisible(), false);
  },
});
