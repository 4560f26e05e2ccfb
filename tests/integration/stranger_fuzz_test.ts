import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { CLOSE_CODES } from "../../src/protocol/mod.ts";
import { testWith } from "../support/needs.ts";
import { suiteOrProof } from "../support/runs.ts";
import { waitFor } from "../support/wait_for.ts";
import { wireMessage } from "./fuzz_messages.ts";
import { closePayload, OPCODE } from "./raw_frame.ts";
import { RawSocket } from "./raw_socket.ts";
import { closeCode, portOf } from "./rfc6455_case.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";

const BURST = 10;
const RUNS = suiteOrProof(150, 5000);
/** All that somebody without a credential may hear. */
const TYPES: readonly unknown[] = ["INIT", "AUTH_FAILED", "ERROR", "PONG", "HEARTBEAT", "RATE_LIMIT_WARNING"];
/** All that it may be closed for; 1000 and 1005 if it has said so itself. */
const CLOSES: readonly unknown[] = [
  ...[CLOSE_CODES.UNAUTHORIZED, CLOSE_CODES.MESSAGE_TOO_LARGE, CLOSE_CODES.PROTOCOL].map(({ code }) => code),
  ...[1000, 1005],
];
const decoder = new TextDecoder();

for (const path of ["stream_features", "heartbeat"]) {
  testWith(
    serverNeeds,
    `property: whatever a stranger throws at /ws/${path}, it gets no further than the credential, and is forgotten`,
    async () => {
      await using server = await RunningServer.start({
        "security.apiKey": "a-key-of-the-suite",
        "security.trustProxy": ["127.0.0.1"],
        "limits.maxMalformedInRow": 5,
        "limits.maxLoopLagMs": 10_000,
      });
      let strangers = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(wireMessage, { minLength: BURST, maxLength: BURST }), async (messages) => {
          strangers++;
          // Each from elsewhere: guesses of one address lock it out, whatever comes after them.
          const from = `10.0.${strangers >> 8}.${strangers & 255}`;
          using socket = await RawSocket.connect(portOf(server), {
            path: `/ws/${path}`,
            headers: { "x-forwarded-for": from },
          });
          assertEquals(socket.response.status, 101);
          const frames = messages.map((payload) => ({
            opcode: typeof payload === "string" ? OPCODE.TEXT : OPCODE.BINARY,
            payload,
          }));
          await socket.send(...frames, { opcode: OPCODE.CLOSE, payload: closePayload(1000) });
          for (const frame of await socket.readToEnd()) {
            if (frame.opcode === OPCODE.CLOSE) {
              const code = closeCode(frame);
              assert(CLOSES.includes(code), `closed with ${code}`);
              // The server waits for the answer to its own close frame.
              await socket.send({ opcode: OPCODE.CLOSE, payload: closePayload(1000) }).catch(() => {});
            } else if (frame.opcode === OPCODE.TEXT) {
              const text = decoder.decode(frame.payload);
              if (text === "pong") continue;
              const { type, data } = JSON.parse(text);
              assert(TYPES.includes(type) && data.code !== "INTERNAL", text);
            }
          }
        }),
        { numRuns: RUNS, endOnFailure: true },
      );
      await waitFor(() => server.app.status().session.entries === 0, { what: "everybody to be forgotten" });
      assertEquals(server.app.status().session.auth.successes, 0);
      assertEquals(server.app.status().clients.accepted, strangers);
    },
  );
}
