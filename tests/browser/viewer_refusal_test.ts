import { assertEquals, assertStringIncludes } from "@std/assert";
import { RunningServer } from "../integration/running_server.ts";
import { waitFor } from "../support/wait_for.ts";
import { browserTest } from "./viewer_fixture.ts";

const KEY = "open-sesame-0123456789";

browserTest("the page whose connection went to somebody else", {
  "a page whose address has no place left says so, with the time that is left": async (browser) => {
    await using server = await RunningServer.start({
      "security.apiKey": KEY,
      "security.trustProxy": "127.0.0.1",
      "limits.maxClientsPerAddress": 1,
    });
    const [first, second] = [await browser.open("about:blank"), await browser.open("about:blank")];
    for (const { page } of [first, second]) {
      await page.addInitScript(`sessionStorage.setItem("voxcast.api-key", "${KEY}")`);
    }
    await first.page.goto(server.url);
    await first.until("the first is in", ({ state }) => state === "connected");
    await second.page.goto(server.url);
    assertStringIncludes(await second.notice("Too many connections from here"), "Trying again");
  },
  "a session that goes on elsewhere is named, and taken back by a button": async (browser) => {
    await using server = await RunningServer.start();
    const tab = await browser.open("about:blank");
    let token: string | undefined;
    tab.page.on("websocket", (socket) =>
      socket.on("framereceived", ({ payload }) => {
        if (typeof payload === "string") token = JSON.parse(payload).data?.session_token ?? token;
      }));
    await tab.page.goto(server.url);
    await tab.until("it is in", ({ state }) => state === "connected");
    await waitFor(() => token !== undefined, { what: "the session's token" });
    const other = new WebSocket(server.socketUrl);
    const ended = new Promise<number>((resolve) => other.onclose = ({ code }) => resolve(code));
    other.onopen = () => other.send(JSON.stringify({ type: "INIT", data: { session_token: token } }));
    await tab.notice("This session goes on in another tab");
    assertEquals(await tab.page.locator("#notice button:visible").allInnerTexts(), ["Take it back"]);
    await tab.page.getByRole("button", { name: "Take it back" }).click();
    await tab.until("it is back", ({ state }) => state === "connected");
    assertEquals(await ended, 4010);
  },
});
