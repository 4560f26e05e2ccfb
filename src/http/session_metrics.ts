import type { ReasonRow } from "./reason_metrics.ts";
import type { MetricRow } from "./metric_table.ts";
import { snakeName } from "./snake_keys.ts";
import type { SessionStatus } from "./status.ts";

type Read = (session: SessionStatus) => number;

/** Counters of the sockets: place below `session`, what it counts, and where it comes from. */
const COUNTERS: readonly (readonly [field: string, help: string, read: Read])[] = [
  ["messagesIn", "Messages received", (s) => s.messagesIn],
  ["messagesOut", "Messages sent", (s) => s.messagesOut],
  ["bytesIn", "Bytes of these received", (s) => s.bytesIn],
  ["bytesOut", "Bytes of these sent", (s) => s.bytesOut],
  ["droppedFrames", "Messages of streams dropped because a client was slow", (s) => s.droppedFrames],
  [
    "undelivered",
    "Reliable messages without an ACK, and messages of streams that waited, when they were given up",
    (s) => s.undelivered,
  ],
  ["heartbeatTimeouts", "Clients closed because nothing was heard of them", (s) => s.heartbeatTimeouts],
  ["slowConsumers", "Clients closed because they took nothing", (s) => s.slowConsumers],
  ["compression.messages", "Messages sent compressed", (s) => s.compression.messages],
  ["compression.plainBytes", "Their bytes before", (s) => s.compression.plainBytes],
  ["compression.sentBytes", "Their bytes after", (s) => s.compression.sentBytes],
  ["limits.violations", "Violations of limits that were counted", (s) => s.limits.violations],
  ["limits.bans", "Bans for too many of them", (s) => s.limits.bans],
  ["limits.rateLimited", "Messages skipped because a limit was exceeded", (s) => s.limits.rateLimited],
  ["guard.closed", "Clients closed because memory grew", (s) => s.guard.closed],
  ["auth.successes", "Credentials that were right", (s) => s.auth.successes],
  ["auth.lockouts", "Times that an address was locked out", (s) => s.auth.lockouts],
];

/** Present numbers of the sockets. */
const GAUGES: typeof COUNTERS = [
  ["open", "Open sockets of all paths", (s) => s.open],
  ["authenticated", "Of these, with a credential", (s) => s.authenticated],
  ["unauthenticated", "Of these, without one so far", (s) => s.unauthenticated],
  ["lingering", "Ended sockets that keep their places, as much was unread", (s) => s.lingering],
  ["entries", "Entries of all tables of sockets; 0 when none is left", (s) => s.entries],
  ["subscriptions", "Subscriptions", (s) => s.subscriptions],
  ["guard.knownBytes", "Memory outside of heap and buffers that is known of", (s) => s.guard.knownBytes],
  ["guard.unexplainedBytes", "By how much what is not known of has grown", (s) => s.guard.unexplainedBytes],
  ["compression.ratio", "Compressed bytes over plain bytes", (s) => s.compression.ratio],
  ["latency.samples", "Messages that the latencies are taken over", (s) => s.latency.samples],
  ["latency.avgMs", "Mean time to handle a message", (s) => s.latency.avgMs],
  ["latency.p50Ms", "Time that half of the messages did not exceed", (s) => s.latency.p50Ms],
  ["latency.p99Ms", "Time that 99 of 100 messages did not exceed", (s) => s.latency.p99Ms],
  ["latency.maxMs", "Longest time to handle a message", (s) => s.latency.maxMs],
];

/** What `/api/metrics` shows of the sockets. */
export const SESSION_METRICS: readonly MetricRow[] = [
  ...GAUGES.map((row) => metricRow("gauge", row)),
  ...COUNTERS.map((row) => metricRow("counter", row)),
];

/** Counters of the sockets by reason. */
export const SESSION_REASONS: readonly ReasonRow[] = [
  {
    field: "session.refused",
    name: "voxcast_session_refused_total",
    help: "Upgrades that were turned away",
    read: ({ session }) => session.refused,
  },
  {
    field: "session.auth.failures",
    name: "voxcast_session_auth_failures_total",
    help: "Credentials that were not taken",
    read: ({ session }) => session.auth.failures,
  },
];

function metricRow(kind: MetricRow["kind"], [field, help, read]: (typeof COUNTERS)[number]): MetricRow {
  const name = `voxcast_session_${snakeName(field.replaceAll(".", "_"))}${
    kind === "counter" ? "_total" : ""
  }`;
  return { field: `session.${field}`, name, kind, help, read: ({ session }) => read(session) };
}
