import { assertEquals, assertMatch } from "@std/assert";
import { RunningServer } from "../integration/running_server.ts";
import { makeCertificate } from "../support/certificate.ts";
import { testWith } from "../support/needs.ts";
import { launchBrowser } from "./launch.ts";
import { browserNeeds, ViewerTab } from "./viewer_fixture.ts";

const KEY = "a-long-enough-key";

testWith(
  browserNeeds,
  "a browser shows the world over TLS: the page by HTTP/2, the socket by HTTP/1.1",
  async () => {
    const { cert, key } = await makeCertificate();
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/cert.pem`, cert);
    await Deno.writeTextFile(`${folder}/key.pem`, key);
    try {
      await using server = await RunningServer.start({
        "security.apiKey": KEY,
        "security.tlsCertFile": `${folder}/cert.pem`,
        "security.tlsKeyFile": `${folder}/key.pem`,
      });
      const cells = { positions: Uint32Array.of(100, 0, 100), colors: Uint32Array.of(0xff0000ff) };
      server.app.defaultWorld.apply({ kind: "patch", cells });
      const browser = await launchBrowser();
      try {
        const page = await browser.newPage({ ignoreHTTPSErrors: true });
        const sockets: string[] = [];
        page.on("websocket", (socket) => sockets.push(socket.url()));
        await page.goto(server.url);
        const tab = new ViewerTab(page);
        await tab.notice("Sign in");
        await page.getByLabel("API key").fill(KEY);
        await page.getByRole("button", { name: "Sign in" }).click();
        await tab.until("the world is there", ({ state, regions }) => state === "connected" && regions === 1);
        assertMatch(sockets[0]!, /^wss:/);
        const protocol = "performance.getEntriesByType('navigation')[0].nextHopProtocol";
        assertEquals(await page.evaluate(protocol), "h2");
      } finally {
        await browser.close();
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
