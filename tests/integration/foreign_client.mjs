// deno-lint-ignore-file no-console -- what it prints is its result
/**
 * A client written from src/protocol/README.md alone, for Node with the `ws` package: registers, decodes frames, and
 * prints one line of JSON with the voxels of each region once the expected number of them has come.
 *
 * usage: node foreign_client.mjs WS_URL VIEWPORT_JSON EXPECTED_VOXELS
 */
import { inflateSync } from "node:zlib";
import process from "node:process";
import WebSocket from "ws";

const [url, viewport, expected] = process.argv.slice(2);
const regions = new Map();

/** Voxels of a frame, by region: `[[key in the region, colour], ...]`. */
function decode(frame) {
  if (frame.readUInt32LE(0) !== 0x45535652) throw new Error("not a region frame");
  const region = Number(frame.readBigUInt64LE(8));
  const payload = frame.subarray(24);
  if (payload.length !== frame.readUInt32LE(20)) throw new Error("payload is cut");
  if (payload.length === 0) return { region, voxels: [] };
  const levels = payload[0];
  const counts = Array.from({ length: levels }, (_, level) => payload.readUInt32LE(4 + 4 * level));
  const body = inflateSync(payload.subarray(4 + 4 * levels));
  let keys = [0];
  let at = 0;
  for (const count of counts.slice(0, -1)) {
    const children = [];
    for (let i = 0; i < count; i++) {
      for (let slot = 0; slot < 8; slot++) if ((body[at + i] >> slot) & 1) children.push(keys[i] * 8 + slot);
    }
    at += count;
    keys = children;
  }
  return { region, voxels: keys.map((key, i) => [key, body.readUInt32LE(at + 4 * i)]) };
}

const socket = new WebSocket(url);
socket.on("open", () => {
  socket.send(JSON.stringify({ type: "REGISTER_CLIENT", clientId: "node", viewport: JSON.parse(viewport) }));
});
socket.on("message", (data, isBinary) => {
  if (!isBinary) {
    const message = JSON.parse(data.toString());
    if (message.type !== "REGISTERED") throw new Error(data.toString());
    return;
  }
  const { region, voxels } = decode(data);
  regions.set(region, voxels);
  const count = [...regions.values()].reduce((sum, list) => sum + list.length, 0);
  if (count < Number(expected)) return;
  console.log(JSON.stringify(Object.fromEntries(regions)));
  socket.close(1000);
});
