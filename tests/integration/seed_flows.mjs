// deno-lint-ignore-file explicit-module-boundary-types -- runs as it is in a browser and in Node, which know no types
/**
 * The flows of the two protocols that Voxcast took over, as their diagrams draw them, by a client that knows nothing of
 * Voxcast but the messages: for Node with the `ws` package, and for the bare `WebSocket` of a browser.
 *
 * Each answers the steps that it went through, in order.
 */

/** A queue of what comes: messages by type, frames as `FRAME`, the end as `CLOSED code`. */
function listen(socket) {
  const events = [];
  const waiting = [];
  const push = (event) => {
    const wanted = waiting.findIndex(({ type }) => type === event.type);
    if (wanted < 0) events.push(event);
    else waiting.splice(wanted, 1)[0].resolve(event);
  };
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) =>
    push(typeof data === "string" ? JSON.parse(data) : { type: "FRAME", data });
  socket.onclose = ({ code }) => push({ type: "CLOSED", code });
  const next = (type) =>
    new Promise((resolve) => {
      const index = events.findIndex((event) => event.type === type);
      if (index < 0) waiting.push({ type, resolve });
      else resolve(events.splice(index, 1)[0]);
    });
  const open = new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("the socket did not open"));
  });
  return { next, open, say: (message) => socket.send(JSON.stringify(message)) };
}

/** HMAC-SHA256 of the decimal timestamp under the key, in hexadecimal. */
async function sign(key, timestamp) {
  const text = new TextEncoder();
  const secret = await crypto.subtle.importKey(
    "raw",
    text.encode(key),
    { name: "HMAC", hash: "SHA-256" },
    false,
    [
      "sign",
    ],
  );
  const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", secret, text.encode(String(timestamp))));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Connect, INIT, AUTH, SUBSCRIBE, updates, HEARTBEAT and PONG, UNSUBSCRIBE, CLOSE. */
export async function streamFlow(socket, key) {
  const steps = [];
  const { next, open, say } = listen(socket);
  const expect = async (type) => {
    const message = await next(type);
    steps.push(type);
    return message.payload;
  };
  await open;
  say({ type: "init", payload: { protocol_version: "1.0" } });
  const { protocol_version: version } = await expect("INIT");
  if (version !== "1.0") throw new Error(`protocol version ${version}`);
  const timestamp = Date.now();
  const signature = await sign(key, timestamp);
  say({ type: "auth", payload: { api_key: key, timestamp, signature } });
  await expect("AUTH_SUCCESS");
  const params = { "update_interval_ms": 50 };
  say({ type: "subscribe", payload: { stream_type: "stream_features", stream_id: "features-123", params } });
  await expect("SUBSCRIBE_SUCCESS");
  const first = await expect("FEATURE_UPDATE");
  await expect("HEARTBEAT");
  say({ type: "pong" });
  const second = await expect("FEATURE_UPDATE");
  if (second.sequence !== first.sequence + 1) throw new Error(`${first.sequence}, then ${second.sequence}`);
  if (!(second.features.voxels > 0)) throw new Error("no features");
  say({ type: "unsubscribe", payload: { stream_id: "features-123" } });
  await expect("UNSUBSCRIBE");
  say({ type: "close" });
  const { code } = await next("CLOSED");
  return [...steps, `CLOSED ${code}`];
}

/** Connect, REGISTER_CLIENT, frames, UPDATE_VIEWPORT, frames of what is in view then. */
export async function renderFlow(socket, near, far) {
  const steps = [];
  const { next, open, say } = listen(socket);
  await open;
  const region = ({ data }) => {
    const view = new DataView(data);
    if (view.getUint32(0, true) !== 0x45535652) throw new Error("not a region frame");
    return view.getUint8(5);
  };
  say({ type: "REGISTER_CLIENT", clientId: "seed", viewport: far });
  await next("REGISTERED");
  steps.push("REGISTERED", `FRAME of LOD ${region(await next("FRAME"))}`);
  say({ type: "UPDATE_VIEWPORT", clientId: "seed", viewport: near });
  for (let lod = -1; lod !== 0;) lod = region(await next("FRAME"));
  steps.push("FRAME of LOD 0");
  socket.close(1000);
  await next("CLOSED");
  return [...steps, "CLOSED"];
}
