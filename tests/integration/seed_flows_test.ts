import { assert, assertEquals } from "@std/assert";
import { launchBrowser } from "../browser/launch.ts";
import { commandPath, needs, testWith } from "../support/needs.ts";
import { EXTENDED_VOX } from "../support/real_models.ts";
import { fromFileUrl } from "./foreign_client.ts";
import { RunningServer, viewportFields } from "./running_server.ts";

const KEY = "the-key-of-the-flows";
const node = await needs({ net: "127.0.0.1" }, { read: true }, { command: "node" });
const python = await needs({ net: "127.0.0.1" }, { read: true }, { command: "python3" });
const chromium = await needs({ net: "127.0.0.1" }, { read: true }, { env: true }, { sys: true }, {
  write: true,
}, {
  command: "chromium",
});

const VIEW = {
  lookAt: [512, 16, 512],
  up: [0, 1, 0],
  fovY: 1.3,
  aspectRatio: 1.5,
  nearPlane: 1,
  farPlane: 5000,
} as const;
const FAR = JSON.stringify(viewportFields({ ...VIEW, eye: [512, 900, 2200] }));
const NEAR = JSON.stringify(viewportFields({ ...VIEW, eye: [512, 60, 560] }));

const STREAM_STEPS = [
  "INIT",
  "AUTH_SUCCESS",
  "SUBSCRIBE_SUCCESS",
  "FEATURE_UPDATE",
  "HEARTBEAT",
  "FEATURE_UPDATE",
  "UNSUBSCRIBE",
  "CLOSED 1000",
];
const RENDER_STEPS = ["REGISTERED", "FRAME of LOD 3", "FRAME of LOD 0", "CLOSED"];

async function start(): Promise<RunningServer> {
  const server = await RunningServer.start({
    "security.apiKey": KEY,
    "security.trustProxy": ["127.0.0.1"],
    "session.heartbeatIntervalMs": 200,
  });
  await server.app.importFile(EXTENDED_VOX);
  return server;
}

function address(server: RunningServer, flow: "stream" | "render"): string {
  return server.socketUrl.replace("render", flow === "stream" ? "stream_features" : "render");
}

async function run(
  command: "node" | "python3",
  script: string,
  server: RunningServer,
  flow: "stream" | "render",
) {
  const path = fromFileUrl(new URL(script, import.meta.url));
  const { success, stdout, stderr } = await new Deno.Command(await commandPath(command), {
    args: [path, flow, address(server, flow), KEY, ...(flow === "render" ? [NEAR, FAR] : [])],
    signal: AbortSignal.timeout(60_000),
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

testWith(node, "Node with the ws package completes the flow of regions and that of streams", async () => {
  await using server = await start();
  assertEquals(await run("node", "./seed_flows_node.mjs", server, "stream"), STREAM_STEPS);
  assertEquals(await run("node", "./seed_flows_node.mjs", server, "render"), RENDER_STEPS);
});

testWith(python, "Python's websockets completes the flow of regions and that of streams", async () => {
  await using server = await start();
  assertEquals(await run("python3", "./seed_flows.py", server, "stream"), STREAM_STEPS);
  assertEquals(await run("python3", "./seed_flows.py", server, "render"), RENDER_STEPS);
});

testWith(chromium, "Chromium's own WebSocket completes the flow of regions and that of streams", async () => {
  await using server = await start();
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    // The server's own page: its policy lets it open sockets to where it came from.
    await page.goto(server.url);
    const source = await Deno.readTextFile(new URL("./seed_flows.mjs", import.meta.url));
    const script = source.replaceAll("export async function", "async function");
    const inPage = (call: string) => page.evaluate(`(async () => { ${script}; return await ${call}; })()`);
    const stream = `streamFlow(new WebSocket("${address(server, "stream")}"), "${KEY}")`;
    assertEquals(await inPage(stream), STREAM_STEPS);
    const response = await fetch(`${server.url}api/tickets`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
      body: JSON.stringify({ origin: new URL(server.url).origin }),
    });
    const { ticket } = await response.json();
    const socket = `new WebSocket("${address(server, "render")}", ["voxcast", "voxcast.ticket.${ticket}"])`;
    assertEquals(await inPage(`renderFlow(${socket}, ${NEAR}, ${FAR})`), RENDER_STEPS);
  } finally {
    await browser.close();
  }
});
