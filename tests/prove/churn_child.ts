/**
 * Clients that come, look around, subscribe and go in every way. Prints a line of JSON for each {@linkcode ChurnOrder}.
 *
 * usage: deno run -A tests/prove/churn_child.ts PORT
 */
import { seededRandom } from "../../src/observe/mod.ts";
import { encodeFrame, OPCODE } from "../integration/raw_frame.ts";
import { viewportFields, WHOLE_WORLD } from "../integration/running_server.ts";
import { CrowdClient } from "./crowd_client.ts";
import { answerLines } from "./line_process.ts";
import type { ChurnOrder, ChurnReport } from "./stream_orders.ts";

const port = Number(Deno.args[0]);
const random = seededRandom(5);
const FEATURES = ["bundles", "parts", "refinements", "deltas", "flow"];
/** Longest life of a client. */
const MAX_LIFE_MS = 2000;
const MOVE_MS = 50;
const report = { lives: 0, deaths: 0, farewells: 0, moves: 0, subscriptions: 0 };

await answerLines(async ({ seconds, atOnce }: ChurnOrder): Promise<ChurnReport> => {
  const endMs = performance.now() + seconds * 1000;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (performance.now() < endMs) await live(Math.min(endMs, performance.now() + random() * MAX_LIFE_MS));
  }));
  return report;
});

/** One client's life: half of them subscribe, half of them take flow control, every other one dies without a close. */
async function live(endMs: number): Promise<void> {
  report.lives++;
  const client = await CrowdClient.connect(port, () => {});
  const features = FEATURES.filter(() => random() < 0.5);
  await say(client, { type: "REGISTER_CLIENT", viewport: view(), features });
  if (random() < 0.5) {
    report.subscriptions++;
    await say(client, {
      type: "SUBSCRIBE",
      stream_type: "stream_features",
      stream_id: "s",
      params: { update_interval_ms: 20 },
    });
  }
  while (performance.now() < endMs && client.closeCode === 0) {
    report.moves++;
    await say(client, { type: "UPDATE_VIEWPORT", viewport: view() });
    await new Promise((resolve) => setTimeout(resolve, MOVE_MS));
  }
  if (random() < 0.5) {
    report.farewells++;
    await client.write(encodeFrame({ opcode: OPCODE.CLOSE, payload: Uint8Array.of(3, 232) }));
  } else {
    report.deaths++;
  }
  client.hangUp();
}

function say(client: CrowdClient, fields: Record<string, unknown>): Promise<void> {
  return client.write(
    encodeFrame({ opcode: OPCODE.TEXT, payload: JSON.stringify({ clientId: "c", ...fields }) }),
  );
}

function view(): Record<string, unknown> {
  const angle = random() * 2 * Math.PI;
  const eye = [512 + 500 * Math.cos(angle), 100 + 500 * random(), 512 + 500 * Math.sin(angle)] as const;
  return viewportFields({ ...WHOLE_WORLD, eye, lookAt: [512, 60, 512] });
}
