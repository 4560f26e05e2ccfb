/** The opening handshake: RFC 6455, section 4. */
import { assertEquals } from "@std/assert";
import { testWith } from "../support/needs.ts";
import { RawSocket, type RawSocketOptions, upgradeRequest } from "./raw_socket.ts";
import { assertAlive, portOf, WIDE_LIMITS } from "./rfc6455_case.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";

/** The pair of key and answer that the RFC itself gives. */
const SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const SAMPLE_ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

interface HandshakeCase extends RawSocketOptions {
  readonly name: string;
  readonly status: number;
  /** Headers that the answer must have; empty ones must be absent. */
  readonly answer?: Readonly<Record<string, string>>;
}

const CASES: readonly HandshakeCase[] = [
  {
    name: "the sample of the RFC",
    headers: { "Sec-WebSocket-Key": SAMPLE_KEY },
    status: 101,
    answer: { "sec-websocket-accept": SAMPLE_ACCEPT, upgrade: "websocket", connection: "Upgrade" },
  },
  { name: "Upgrade in another case", headers: { Upgrade: "WebSocket" }, status: 101 },
  {
    name: "Upgrade among other options of the connection",
    headers: { Connection: "keep-alive, Upgrade" },
    status: 101,
  },
  {
    name: "subprotocols of which the server speaks one",
    headers: { "Sec-WebSocket-Protocol": "chat, voxcast" },
    status: 101,
    answer: { "sec-websocket-protocol": "voxcast" },
  },
  {
    name: "subprotocols of which it speaks none: it names none",
    headers: { "Sec-WebSocket-Protocol": "chat" },
    status: 101,
    answer: { "sec-websocket-protocol": "" },
  },
  {
    name: "an extension that it does not speak: it names none",
    headers: { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" },
    status: 101,
    answer: { "sec-websocket-extensions": "" },
  },
  {
    name: "another version: the answer says which one is spoken",
    headers: { "Sec-WebSocket-Version": "8" },
    status: 426,
    answer: { "sec-websocket-version": "13" },
  },
  {
    name: "no version",
    headers: { "Sec-WebSocket-Version": "" },
    status: 426,
    answer: { "sec-websocket-version": "13" },
  },
  { name: "a key of 5 bytes", headers: { "Sec-WebSocket-Key": btoa("short") }, status: 400 },
  { name: "a key of 17 bytes", headers: { "Sec-WebSocket-Key": btoa("0123456789abcdefg") }, status: 400 },
  { name: "a key that is no base64", headers: { "Sec-WebSocket-Key": "!".repeat(24) }, status: 400 },
  { name: "no key", headers: { "Sec-WebSocket-Key": "" }, status: 400 },
  {
    name: "no Upgrade: the answer says what is needed",
    headers: { Upgrade: "" },
    status: 426,
    answer: { upgrade: "websocket" },
  },
  { name: "an upgrade to something else", headers: { Upgrade: "h2c" }, status: 426 },
  { name: "no Connection", headers: { Connection: "" }, status: 400 },
  { name: "a Connection without Upgrade", headers: { Connection: "keep-alive" }, status: 400 },
  { name: "a HEAD", method: "HEAD", status: 405 },
  { name: "a path that has no sockets", path: "/ws/nothing", status: 404 },
];

testWith(
  serverNeeds,
  "RFC 6455, handshake: what is right is upgraded, what is not gets its status",
  async (context) => {
    await using server = await RunningServer.start(WIDE_LIMITS);
    for (const { name, status, answer = {}, ...options } of CASES) {
      await context.step(name, async () => {
        using socket = await RawSocket.connect(portOf(server), options);
        assertEquals(socket.response.status, status);
        for (const [header, value] of Object.entries(answer)) {
          assertEquals(socket.response.headers.get(header) ?? "", value, header);
        }
        if (status === 101) await assertAlive(socket);
      });
    }
    await context.step("a request that comes byte by byte", async () => {
      using socket = await RawSocket.open(portOf(server));
      for (const byte of upgradeRequest(portOf(server))) await socket.write(Uint8Array.of(byte));
      await socket.readResponse();
      assertEquals(socket.response.status, 101);
      await assertAlive(socket);
    });
  },
);
