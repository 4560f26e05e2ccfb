/**
 * A client of a process of its own, so that it can be put behind a slow link: streams a world, acknowledges what comes as it is
 * asked to, and sends a PING every 50 ms. Prints one line of JSON at the end.
 *
 * usage: deno run -A tests/prove/link_child.ts URL KEY SECONDS MODE
 *
 * MODE: `flow`, `blind` (acknowledges nothing and says so), `idle` (asks for no regions).
 */
import { viewportFields, WHOLE_WORLD } from "../integration/running_server.ts";
import type { LinkSeen } from "./link_part.ts";

const PING_INTERVAL_MS = 50;
const SAMPLE_MS = 100;

const [url, key, seconds, mode = "flow"] = Deno.args;
const socket = new WebSocket(url!, ["voxcast", `voxcast.key.${btoa(key!).replaceAll("=", "")}`]);
socket.binaryType = "arraybuffer";
const pings = new Map<string, number>();
const roundTrips: { atMs: number; ms: number }[] = [];
/** Bytes of bulk that came in each tenth of a second. */
const bytes: number[] = [];
let received = 0;
let acknowledged = 0;
let ackedAtMs = -Infinity;
let ackIntervalMs = 0;
let isAckDue = false;
let startMs = 0;

socket.onopen = () => {
  const fields = {
    type: "REGISTER_CLIENT",
    clientId: "link",
    viewport: viewportFields(WHOLE_WORLD),
    features: mode === "flow" ? ["bundles", "parts", "refinements", "flow"] : [],
  };
  if (mode !== "idle") socket.send(JSON.stringify(fields));
  startMs = performance.now();
  setInterval(ping, PING_INTERVAL_MS);
  setTimeout(end, Number(seconds) * 1000);
};
socket.onclose = ({ code, reason }) => {
  throw new Error(`The server closed with ${code} ${reason}`);
};
socket.onmessage = ({ data }) => {
  const atMs = performance.now() - startMs;
  if (typeof data !== "string") {
    received += data.byteLength;
    const sample = Math.floor(atMs / SAMPLE_MS);
    bytes[sample] = (bytes[sample] ?? 0) + data.byteLength;
    if (mode === "flow") acknowledge();
    return;
  }
  const { type, data: fields } = JSON.parse(data);
  if (type === "REGISTERED") ackIntervalMs = fields.ack_interval_ms;
  if (type !== "PONG") return;
  const sentMs = pings.get(fields.ping_id);
  if (sentMs !== undefined) roundTrips.push({ atMs, ms: atMs - sentMs });
};

function ping(): void {
  const id = `p${pings.size}`;
  pings.set(id, performance.now() - startMs);
  socket.send(JSON.stringify({ type: "PING", ping_id: id }));
}

/** At most once an interval, and always of the last byte. */
function acknowledge(): void {
  if (isAckDue || received === acknowledged) return;
  const waitMs = ackedAtMs + ackIntervalMs - performance.now();
  if (waitMs > 0) {
    isAckDue = true;
    setTimeout(() => {
      isAckDue = false;
      acknowledge();
    }, waitMs);
    return;
  }
  ackedAtMs = performance.now();
  acknowledged = received;
  socket.send(JSON.stringify({ type: "ACK", received_bytes: received }));
}

function end(): never {
  const seen: LinkSeen = { roundTrips, bytes: Array.from(bytes, (count) => count ?? 0) };
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(seen)}\n`));
  Deno.exit(0);
}
