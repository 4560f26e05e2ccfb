import { HEARTBEAT_PROFILE } from "../../src/channels/mod.ts";
import { defaultConfig } from "../../src/config/mod.ts";
import { ANONYMOUS, TokenBucket } from "../../src/security/mod.ts";
import { MessageGzip } from "../../src/session/message_gzip.ts";
import { Connection, kernelLimits, type Transport } from "../../src/session/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** An active connection over a given transport, with default limits but for those given. */
export function openConnection(
  id: string,
  transport: Transport,
  options: { readonly clock?: ManualClock; readonly limits?: Partial<ReturnType<typeof kernelLimits>> } = {},
): Connection {
  const { clock = new ManualClock() } = options;
  const limits = { ...kernelLimits(defaultConfig()), ...options.limits };
  const connection = new Connection({
    id,
    sessionId: `session-of-${id}`,
    profile: HEARTBEAT_PROFILE,
    remoteAddress: "127.0.0.1",
    bucket: new TokenBucket({ capacity: 100, perSecond: 100 }, clock.monotonic()),
    gzip: new MessageGzip(limits),
    limits,
    clock,
    onWaiting: () => {},
  });
  connection.tie(transport);
  connection.opened(ANONYMOUS, clock.monotonic());
  return connection;
}
