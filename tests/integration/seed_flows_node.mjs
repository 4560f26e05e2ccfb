// deno-lint-ignore-file no-console -- what it prints is its result
/** Runs a flow with Node and the `ws` package. usage: node seed_flows_node.mjs stream|render URL KEY [NEAR FAR] */
import { Buffer } from "node:buffer";
import process from "node:process";
import WebSocket from "ws";
import { renderFlow, streamFlow } from "./seed_flows.mjs";

const [flow, url, key, near, far] = process.argv.slice(2);
// As a browser shows a key. The package writes the list without spaces behind the commas.
const protocols = ["voxcast", `voxcast.key.${Buffer.from(key).toString("base64url")}`];
const socket = new WebSocket(url, flow === "render" ? protocols : []);
const steps = flow === "stream"
  ? await streamFlow(socket, key)
  : await renderFlow(socket, JSON.parse(near), JSON.parse(far));
console.log(JSON.stringify(steps));
