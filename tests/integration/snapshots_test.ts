import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { Buffer } from "node:buffer";
import { PNG } from "pngjs";
import { createApp } from "../../src/app.ts";
import { loadConfig } from "../../src/config/mod.ts";
import { seededRandom, silentLogger, systemClock } from "../../src/observe/mod.ts";
import { TracerStartError } from "../../src/snapshot/mod.ts";
import { TREE_KINDS } from "../../src/tree/mod.ts";
import { testWith } from "../support/needs.ts";
import { DEER_VOX } from "../support/real_models.ts";
import { waitFor } from "../support/wait_for.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";

/** Traced by the real tracer on the CPU, which every machine has. */
const FLAGS = { "trace.backend": "cpu", "trace.poolSize": 1 };
const SIZE = "width=64&height=48";
/** Straight from the front at a cube of 32 cells in the middle of the world. */
const FRONT = `eye=512,512,700&lookAt=512,512,512&fovY=0.6&${SIZE}`;

type Rgb = readonly [number, number, number];

interface Picture {
  readonly status: number;
  readonly etag: string;
  readonly at: (x: number, y: number) => Rgb;
  readonly bytes: Uint8Array;
}

async function picture(server: RunningServer, query: string, part = "snapshot.png"): Promise<Picture> {
  const response = await fetch(`${server.url}api/worlds/main/${part}?${query}`);
  const bytes = await response.bytes();
  assertEquals(
    response.headers.get("content-type"),
    "image/png",
    new TextDecoder().decode(bytes.slice(0, 300)),
  );
  const { data, width } = PNG.sync.read(Buffer.from(bytes));
  const at = (x: number, y: number): Rgb => {
    const i = 4 * (y * width + x);
    return [data[i]!, data[i + 1]!, data[i + 2]!];
  };
  return { status: response.status, etag: response.headers.get("etag")!, at, bytes };
}

/** A cube of one colour in the middle of the world. */
function cube(server: RunningServer, color: number): void {
  const cells = Array.from(
    { length: 32 ** 3 },
    (_, i) => [i & 31, (i >> 5) & 31, i >> 10].map((v) => v + 496),
  );
  const colors = new Uint32Array(cells.length).fill(color);
  server.app.defaultWorld.apply({
    kind: "patch",
    cells: { positions: Uint32Array.from(cells.flat()), colors },
  });
}

/** Which of red, green and blue is strongest, if it clearly is. */
function hue([r, g, b]: Rgb): "red" | "green" | "blue" | "none" {
  if (r > 2 * g && r > 2 * b) return "red";
  if (g > 2 * r && g > 2 * b) return "green";
  return b > 2 * r && b > 2 * g ? "blue" : "none";
}

testWith(
  serverNeeds,
  "a picture shows the model in the middle and sky in the corners, in both kinds",
  async () => {
    await using server = await RunningServer.start(FLAGS);
    const sky = await picture(server, FRONT);
    cube(server, 0xff0000ff);
    for (const kind of TREE_KINDS) {
      const { at, status } = await picture(server, `${FRONT}&kind=${kind}`);
      assertEquals([status, hue(at(32, 24)), hue(at(30, 20))], [200, "red", "red"], kind);
      for (const [x, y] of [[0, 0], [63, 0], [0, 47], [63, 47]] as const) {
        assertEquals(at(x, y), sky.at(x, y), `${kind}: the corner ${x},${y} is as without the cube`);
      }
    }
    // Half of its width on the screen: 32 units at a distance of 172, in a picture 48 pixels high.
    const half = (16 / 172) * 24 / Math.tan(0.3);
    const { at } = await picture(server, FRONT);
    assertEquals([hue(at(Math.floor(32 - half) + 1, 24)), hue(at(Math.floor(32 - half) - 2, 24))], [
      "red",
      "none",
    ]);
  },
);

testWith(
  serverNeeds,
  "an edit changes picture and tag; the tag is answered with 304 until then",
  async () => {
    await using server = await RunningServer.start(FLAGS);
    cube(server, 0xff0000ff);
    const red = await picture(server, FRONT);
    const ask = () =>
      fetch(`${server.url}api/worlds/main/snapshot.png?${FRONT}`, { headers: { "if-none-match": red.etag } });
    const unchanged = await ask();
    assertEquals([unchanged.status, await unchanged.text()], [304, ""]);
    assertEquals((await picture(server, FRONT)).bytes, red.bytes, "the same to the byte");
    cube(server, 0xff00ff00);
    const green = await ask();
    assertEquals(green.status, 200);
    await green.body?.cancel();
    assertNotEquals(green.headers.get("etag"), red.etag);
    assertEquals(hue((await picture(server, FRONT)).at(32, 24)), "green");
    assertEquals(hue((await picture(server, "", "thumbnail.png")).at(128, 128)), "green");
    const { pictures, cacheHits, unchanged: held } = server.app.status().snapshots;
    assertEquals([pictures, cacheHits, held], [3, 2, 1]);
  },
);

testWith(serverNeeds, "a pick at a pixel meets what the picture shows there, in both kinds", async () => {
  await using server = await RunningServer.start(FLAGS);
  cube(server, 0xff0000ff);
  const pick = async (body: unknown) => {
    const response = await fetch(`${server.url}api/worlds/main/pick`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assertEquals(response.status, 200);
    return (await response.json()).hit;
  };
  const camera = { eye: [512, 512, 700], lookAt: [512, 512, 512], fovY: 0.6, width: 64, height: 48 };
  for (const kind of TREE_KINDS) {
    const shown = await picture(server, `${FRONT}&kind=${kind}`);
    for (let y = 1; y < 48; y += 6) {
      for (let x = 1; x < 64; x += 6) {
        const hit = await pick({ ...camera, kind, x: x + 0.5, y: y + 0.5 });
        assertEquals(hit !== null, hue(shown.at(x, y)) === "red", `${kind} ${x},${y}`);
        if (hit === null) continue;
        assertEquals([hit.face, hit.normal, hit.color, hit.version, hit.lod], [
          "+z",
          [0, 0, 1],
          "#ff0000",
          1,
          0,
        ]);
        // A tetrahedron of the cubes of two cells may stand out by one cell.
        assertAlmostEquals(hit.point[2], 528, kind === "esvo" ? 1e-3 : 1.001);
      }
    }
  }
  const hit = await pick({ origin: [512.5, 512.5, 700], direction: [0, 0, -1] });
  assertEquals([hit.voxel, hit.tet, hit.region, hit.size], [[512, 512, 527], null, "4/3584", 1]);
  assertAlmostEquals(hit.distance, 172, 1e-3);
  assertEquals(await pick({ origin: [512.5, 512.5, 700], direction: [0, 0, -1], maxDistance: 171 }), null);
  assertEquals(await pick({ origin: [512.5, 512.5, 700], direction: [0, 0, 1] }), null);
  const inside = await pick({ origin: [512.5, 512.5, 512.5], direction: [0, 0, 1] });
  assertEquals([inside.distance, inside.face], [0, null]);
});

testWith(
  serverNeeds,
  "an empty world is sky, a world of one region and a real model are pictured whole",
  async () => {
    await using server = await RunningServer.start({ ...FLAGS, regionLevel: 0, worldMax: 64 });
    const empty = await picture(server, SIZE);
    assertEquals(hue(empty.at(32, 24)), "none");
    await server.app.importFile(DEER_VOX);
    for (const kind of TREE_KINDS) {
      const deer = await picture(server, `${SIZE}&kind=${kind}`);
      assertNotEquals(deer.at(32, 24), empty.at(32, 24));
      for (const [x, y] of [[0, 0], [63, 0], [0, 47], [63, 47]] as const) {
        assertEquals(deer.at(x, y), empty.at(x, y));
      }
    }
  },
);

testWith(
  serverNeeds,
  "a picture of a world that changes all the time is made, and nothing stays pinned",
  async () => {
    await using server = await RunningServer.start(FLAGS);
    cube(server, 0xff0000ff);
    let count = 0;
    const edits = setInterval(() => {
      const cells = {
        positions: Uint32Array.of(500 + (count & 15), 530, 512),
        colors: Uint32Array.of(0xffff0000 + count++),
      };
      server.app.defaultWorld.apply({ kind: "patch", cells });
    }, 5);
    const tags = new Set<string>();
    try {
      for (let i = 0; i < 5; i++) {
        const { at, etag } = await picture(server, FRONT);
        assertEquals(hue(at(32, 24)), "red");
        tags.add(etag);
      }
    } finally {
      clearInterval(edits);
    }
    assert(tags.size > 1, "its pictures differ");
    await waitFor(() => server.app.status().cache.pinnedCount === 0, {
      what: "the last pin to be given back",
    });
  },
);

testWith(serverNeeds, "regions off the picture throw their shadows into it", async () => {
  await using server = await RunningServer.start(FLAGS);
  const plate = (y: number, from: number, to: number) => {
    const cells = [];
    for (let x = from; x < to; x++) for (let z = from; z < to; z++) cells.push([x, y, z]);
    const colors = new Uint32Array(cells.length).fill(0xff0000ff);
    server.app.defaultWorld.apply({
      kind: "patch",
      cells: { positions: Uint32Array.from(cells.flat()), colors },
    });
  };
  plate(500, 480, 544);
  const down = `eye=512,560,512.01&lookAt=512,500,512&fovY=0.3&${SIZE}`;
  const lit = (await picture(server, down)).at(32, 24);
  // High above the camera.
  plate(700, 400, 800);
  const shaded = (await picture(server, down)).at(32, 24);
  assert(shaded[0] < lit[0] * 0.8, `${shaded} is hardly darker than ${lit}`);
});

testWith(
  serverNeeds,
  "a tracer that is asked for by name and is not there keeps the server from starting",
  async () => {
    const { config } = loadConfig({
      env: {},
      flags: { port: 0, "build.backend": "cpu", "trace.backend": "an adapter of that name" },
    });
    const parts = { clock: systemClock, random: seededRandom(1), logger: silentLogger };
    await using app = await createApp({ config, ...parts });
    const error = await assertRejects(() => app.start(), TracerStartError);
    assertStringIncludes(error.message, "adapter");
  },
);

testWith(serverNeeds, "a picture in the making when the server ends is answered with 503", async () => {
  const server = await RunningServer.start(FLAGS);
  try {
    cube(server, 0xff0000ff);
    const large = fetch(`${server.url}api/worlds/main/snapshot.png?width=3840&height=2160&kind=esvt`);
    await waitFor(() => server.app.status().tracer.heldBytes > 0, { what: "the tracer to be at it" });
    await server[Symbol.asyncDispose]();
    const response = await large;
    assertEquals([response.status, (await response.json()).code], [503, "SHUTTING_DOWN"]);
  } finally {
    await server[Symbol.asyncDispose]();
  }
});
