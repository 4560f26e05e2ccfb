import { assertEquals } from "@std/assert";
import { RunningServer } from "../integration/running_server.ts";
import { testWith } from "../support/needs.ts";
import { browserNeeds, ViewerBrowser } from "./viewer_fixture.ts";

const KEY = "open-sesame-0123456789";

testWith(
  browserNeeds,
  "a page of its own imports the library from the server, signs in, watches a world and its numbers",
  async () => {
    await using server = await RunningServer.start({
      "security.apiKey": KEY,
      "security.trustProxy": ["127.0.0.1"],
    });
    server.app.defaultWorld.apply({
      kind: "patch",
      cells: { positions: Uint32Array.of(500, 10, 500), colors: Uint32Array.of(0xff30c0ff) },
    });
    await using browser = await ViewerBrowser.launch();
    const { page } = await browser.open(server.url);
    const seen = await page.evaluate(`(async () => {
      const { VoxcastClient, decodeFrameAsync } = await import("/assets/voxcast_client.js");
      const client = new VoxcastClient({ url: location.origin, credential: { apiKey: ${
      JSON.stringify(KEY)
    } } });
      const voxels = new Promise((resolve, reject) => {
        client.on("frame", (bytes) =>
          decodeFrameAsync(new Uint8Array(bytes)).then(({ keys }) => keys.length > 0 && resolve(keys.length), reject));
      });
      await client.connect();
      const { world } = await client.register({
        viewport: { eye: [512, 400, 1500], lookAt: [512, 100, 512], up: [0, 1, 0], fovY: 1.3, aspectRatio: 1.5,
          nearPlane: 1, farPlane: 5000 },
      });
      const features = await new Promise((resolve, reject) => {
        client.subscribe({ streamType: "stream_features", streamId: "f", onUpdate: (update) => resolve(update.features) })
          .catch(reject);
      });
      const seen = { world, voxels: await voxels, counted: features.voxels, state: client.status.state };
      client.close();
      return { ...seen, closed: client.status.state };
    })()`);
    assertEquals(seen, { world: "main", voxels: 1, counted: 1, state: "connected", closed: "disconnected" });
  },
);
