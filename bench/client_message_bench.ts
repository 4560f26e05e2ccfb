/**
 * What reading a client's message costs beside `JSON.parse` alone: the envelope, repeated keys, fields and, with bounds,
 * the scan for nesting and values. A PING of 48 bytes is shorter than any bound, so the scan never looks at it; tens of
 * thousands of them a second have to go through here on one core.
 */
import { type JsonBounds, parseClientMessage } from "../src/protocol/mod.ts";

const BOUNDS: JsonBounds = { maxJsonDepth: 32, maxJsonValues: 10_000 };
const VECTOR = { x: 512, y: 400, z: 1500 };
const MESSAGES: Readonly<Record<string, string>> = {
  "PING of 48 bytes": '{"type":"PING","id":"123","timestamp":176322560}',
  "UPDATE_VIEWPORT": JSON.stringify({
    type: "UPDATE_VIEWPORT",
    clientId: "viewer-1",
    viewport: {
      eye: VECTOR,
      lookAt: { x: 512, y: 300, z: 512 },
      up: { x: 0, y: 1, z: 0 },
      fovY: 1.0472,
      aspectRatio: 1.7778,
      nearPlane: 0.1,
      farPlane: 4000,
    },
  }),
  "INIT with 32 KiB of client_info": JSON.stringify({
    type: "INIT",
    "client_info": { names: Array.from({ length: 2048 }, (_, i) => `name ${i}`.padEnd(13, "x")) },
  }),
};

for (const [group, text] of Object.entries(MESSAGES)) {
  Deno.bench({ name: "JSON.parse", group, baseline: true }, () => void JSON.parse(text));
  Deno.bench({ name: "parseClientMessage", group }, () => void parseClientMessage(text));
  Deno.bench({ name: "parseClientMessage with bounds", group }, () => void parseClientMessage(text, BOUNDS));
}
