import { assert, assertEquals } from "@std/assert";
import { createRenderProfile, HEARTBEAT_PROFILE, STREAM_FEATURES_PROFILE } from "../../src/channels/mod.ts";
import type { RenderChannelOptions } from "../../src/channels/mod.ts";
import {
  CLOSE_CODES,
  decodeFrame,
  ERRORS,
  parseClientMessage,
  SERVER_MESSAGE_TYPES,
} from "../../src/protocol/mod.ts";
import { MESSAGE_NEEDS } from "../../src/session/message_needs.ts";
import { OCTANT_OF_CHILD, tetOfKey, TYPE_OF_CHILD, VERTEX_CORNERS } from "../../src/tree/mod.ts";
import { kuhnTet, ORDERS } from "../tree/tet_geometry.ts";
import { commandPath, needs, testWith } from "../support/needs.ts";
import { GOLDEN, goldenBytes } from "./golden.ts";
import { inflate } from "./zlib.ts";
import readme from "../../src/protocol/README.md" with { type: "text" };

const WORKED = GOLDEN.find(({ name }) => name.includes("worked example"))!;
const BOUNDS = { min: [0, 0, 0], max: [1024, 1024, 1024] };

Deno.test("the README's table of errors is the catalogue", () => {
  const expected = Object.entries(ERRORS).map(([code, entry]) => [
    "`" + code + "`",
    `${entry.number}`,
    entry.category,
    entry.retryable ? "yes" : "no",
    `${entry.httpStatus}`,
    `${entry.closeCode ?? ""}`,
    entry.summary,
  ]);
  assertEquals(tableRows("errors"), expected);
});

Deno.test("the README's table of close codes is the code's", () => {
  const expected = Object.values(CLOSE_CODES).map((entry) => [
    `${entry.code}`,
    entry.reason,
    entry.reconnect ? "yes" : "no",
    entry.summary,
  ]);
  assertEquals(tableRows("close codes"), expected);
});

Deno.test("every message of both sides is in the README, and the client's are accepted as they stand there", () => {
  const sections = [...readme.matchAll(/^### ([A-Z_]+) \((.*?)\)\n\n```json\n(.*?)```/gms)];
  const found = { client: [] as string[], server: [] as string[] };
  for (const [, type, direction, text] of sections) {
    assertEquals(JSON.parse(text!).type, type);
    const isBoth = direction === "both ways";
    if (isBoth || direction === "client to server") {
      assertEquals(parseClientMessage(text!).type as string, type);
      found.client.push(type!);
    }
    if (isBoth || direction === "server to client") found.server.push(type!);
  }
  // The client's two binary messages have a section with a table of bytes instead.
  const binary = readme.match(/^### (KNOWN) and (VERIFY)$/m)!.slice(1);
  assertEquals([...found.client, ...binary].sort(), Object.keys(MESSAGE_NEEDS).sort());
  assertEquals(found.server.sort(), [...SERVER_MESSAGE_TYPES].sort());
  assertEquals(sections.length, [...readme.matchAll(/```json\n/g)].length);
});

Deno.test("the README's table of addresses is what the profiles are", () => {
  const render = createRenderProfile({} as RenderChannelOptions);
  const rows = [
    ...readme.matchAll(/^\| `GET \/ws\/([a-z_]+)` +\|.*?\| ([^|]+?) +\| ([^|]+?) +\| (yes|no) +\|$/gm),
  ];
  assertEquals(
    rows.map(([, name, credential, messages, payload]) => ({
      name,
      credential: credential === "before upgrade" ? "before-upgrade" : "in-band",
      hasStreams: messages!.includes("SUBSCRIBE"),
      hasPayload: payload === "yes",
    })),
    [render, STREAM_FEATURES_PROFILE, HEARTBEAT_PROFILE].map((profile) => ({
      name: profile.name,
      credential: profile.credential,
      hasStreams: profile.hasStreams,
      hasPayload: profile.hasPayload,
    })),
  );
});

Deno.test("the README's worked example is a golden frame, and its table is what the frame decodes to", () => {
  const hex = codeBlock("hex").replaceAll(/#.*$/gm, "").replaceAll(/\s/g, "");
  assertEquals(hex, WORKED.hex);
  const { keys, colors } = decodeFrame(goldenBytes(WORKED), inflate);
  const table = [...readme.matchAll(/^\| (\d+) +\| \(.*?\) +\| \((.*?)\) to \(.*?\) +\| `#(\w+)`/gm)];
  assertEquals(table.map((row) => Number(row[1])), [...keys]);
  assertEquals(table.map((row) => parseInt(row[3]! + "ff", 16)), [...colors].map(swapBytes));
  assertEquals(table.map((row) => row[2]), [
    "192, 64, 128",
    "254, 64, 128",
    "200, 64, 190",
    "254, 126, 190",
  ]);
});

Deno.test("the README's tables of tetrahedra are the code's, and so is its example", () => {
  const rows = [...readme.matchAll(/^\| (\d) +\| (\d(?:,? \d)+) +\| (\d(?: \d)+) +\|$/gm)];
  assertEquals(rows.map((row) => Number(row[1])), [0, 1, 2, 3, 4, 5]);
  assertEquals(rows.flatMap((row) => row[2]!.split(" ").map(Number)), [...OCTANT_OF_CHILD]);
  assertEquals(rows.flatMap((row) => row[3]!.split(" ").map(Number)), [...TYPE_OF_CHILD]);
  const types = [...readme.matchAll(/^\| (\d) +\| ([xyz]) >= ([xyz]) >= ([xyz]) \| (\d, \d, \d, \d) +\|$/gm)];
  assertEquals(types.map((row) => Number(row[1])), [0, 1, 2, 3, 4, 5]);
  assertEquals(types.flatMap((row) => row[5]!.split(", ").map(Number)), [...VERTEX_CORNERS]);
  assertEquals(
    types.map((row) => [2, 3, 4].map((i) => "xyz".indexOf(row[i]!))),
    ORDERS.map((order) => [...order]),
  );

  const tets = GOLDEN.find(({ name }) => name === "the same four tetrahedra at LOD 1")!;
  assertEquals(decodeFrame(goldenBytes(tets), inflate).keys.at(-1), 383);
  const found = readme.match(/^vertices: corners 0, 4, 5, 7 +(.*)$/m)![1]!;
  const { vertices } = TETS.find(({ key }) => key === 383)!;
  assertEquals(found, vertices.map((vertex) => `(${vertex.map((at) => at * 16).join(", ")})`).join("  "));
});

// Neither client asks for codec 0.
const READ = GOLDEN.filter(({ fields }) => fields.codec !== 0);
const HEX = READ.map(({ hex }) => hex);
const NODES = READ.map(({ fields, nodes }) => ({
  head: [fields.level, fields.morton, fields.version, fields.lod],
  nodes: nodes.map(([key, color, material]) => [key, channels(color), material]),
}));
/** Every child of every root, some deeper nodes, and the vertices of their geometry, the region's edge being 1. */
const CHILDREN = Array.from({ length: 48 }, (_, key) => [key, 3]);
const DEEPER = [[5, 2], [0o577, 4], [0o31542, 6], [0o1234567, 8], [0o47654321, 9]];
const TETS = [...CHILDREN, ...DEEPER].map(([key, levels]) => {
  const cubes = 2 ** (levels! - 2);
  const { type, x, y, z } = tetOfKey(key!, levels! - 2);
  const vertices = kuhnTet(type, [x, y, z], 1).map((vertex) => vertex.map((at) => at / cubes));
  return { key, levels, vertices };
});
const CORNERS = [[192, 64, 128], [254, 64, 128], [200, 64, 190], [254, 126, 190]];

const PYTHON_HARNESS = `
import json, sys
given, client = json.load(sys.stdin), {"__name__": "client"}
exec(given["source"], client)
frames = [bytes.fromhex(text) for text in given["hex"]]
decoded = [client["decode"](frame) for frame in frames]
boxes = client["boxes"](bytes.fromhex(given["worked"]), *given["bounds"])
tets = [client["tetrahedron"](*tet) for tet in given["tets"]]
print(json.dumps([[{"head": d[:4], "nodes": d[5]} for d in decoded], [b[0] for b in boxes], boxes[0][1], tets]))
`;

testWith(
  await needs({ command: "python3" }),
  "the README's Python client decodes every golden frame and places its nodes",
  async () => {
    const given = {
      source: codeBlock("python"),
      hex: HEX,
      worked: WORKED.hex,
      bounds: [BOUNDS.min, BOUNDS.max],
      tets: TETS.map(({ key, levels }) => [key, levels]),
    };
    const text = await run("python3", ["-c", PYTHON_HARNESS], JSON.stringify(given));
    assertEquals(JSON.parse(text), [NODES, CORNERS, 2, TETS.map(({ vertices }) => vertices)]);
  },
);

testWith(
  await needs({ command: "node" }),
  "the README's Node client decodes every golden frame and places its nodes",
  async () => {
    const harness = `
      const frames = ${JSON.stringify(HEX)}.map((text) => Buffer.from(text, "hex"));
      const nodes = frames.map((frame) => {
        const { level, morton, version, lod, nodes } = decode(frame);
        return { head: [level, morton, version, lod], nodes };
      });
      const found = boxes(Buffer.from("${WORKED.hex}", "hex"), ${JSON.stringify(BOUNDS)});
      const tets = ${JSON.stringify(TETS)}.map(({ key, levels }) => tetrahedron(key, levels));
      console.log(JSON.stringify([nodes, found.map((box) => box.corner), found[0].edge, tets]));`;
    const text = await run("node", ["--input-type=module", "-e", codeBlock("js") + harness], "");
    assertEquals(JSON.parse(text), [NODES, CORNERS, 2, TETS.map(({ vertices }) => vertices)]);
  },
);

testWith(
  await needs({ command: "python3" }, { net: "127.0.0.1" }),
  "the README's Python client registers, reads frames, and ends with the server's close",
  async () => {
    const output = await withStubServer((address) =>
      run("python3", ["-c", codeBlock("python"), address], "")
    );
    assertEquals(output.trim().split("\n"), [
      "REGISTERED ",
      "region 43 voxels 4 ([192.0, 64.0, 128.0], 2.0, (16, 32, 48, 255))",
      "closed 1001 regions 1",
    ]);
  },
);

testWith(
  await needs({ command: "node" }, { net: "127.0.0.1" }),
  "the README's Node client registers, reads frames, and ends with the server's close",
  async () => {
    const args = ["--input-type=module", "-"];
    const output = await withStubServer((address) => run("node", [...args, address], codeBlock("js")));
    assertEquals(output.trim().split("\n"), [
      "REGISTERED ",
      'region 43 voxels 4 {"corner":[192,64,128],"edge":2,"color":[16,32,48,255]}',
      "closed 1001 regions 1",
    ]);
  },
);

/** Serves one client: takes its REGISTER_CLIENT, sends REGISTERED and the worked example, and closes. */
async function withStubServer(use: (address: string) => Promise<string>): Promise<string> {
  let ended = (): void => {};
  const closed = new Promise<void>((resolve) => ended = resolve);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onclose = () => ended();
    socket.onmessage = (event) => {
      assertEquals(parseClientMessage(event.data).type, "REGISTER_CLIENT");
      socket.send(JSON.stringify({ type: "REGISTERED", timestamp: 0, data: { bounds: BOUNDS } }));
      socket.send(goldenBytes(WORKED));
      socket.close(1001, "Server shutdown");
    };
    return response;
  });
  try {
    const output = await use(`ws://127.0.0.1:${server.addr.port}/ws/render`);
    await closed;
    return output;
  } finally {
    await server.shutdown();
  }
}

async function run(program: string, args: readonly string[], stdin: string): Promise<string> {
  const command = new Deno.Command(await commandPath(program), {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

function codeBlock(language: string): string {
  const match = readme.match(new RegExp("```" + language + "\n(.*?)```", "s"));
  assert(match !== null, `a block of ${language}`);
  return match[1]!;
}

function tableRows(name: string): string[][] {
  const start = readme.indexOf(`<!-- ${name}:`);
  const section = readme.slice(start, readme.indexOf(`<!-- /${name} -->`, start));
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

function channels(color: string): number[] {
  return [1, 3, 5, 7].map((at) => parseInt(color.slice(at, at + 2) || "ff", 16));
}

function swapBytes(word: number): number {
  return ((word & 255) << 24 | (word & 0xff00) << 8 | (word >>> 8) & 0xff00 | word >>> 24) >>> 0;
}
