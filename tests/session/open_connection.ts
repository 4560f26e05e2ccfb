import { HEARTBEAT_PROFILE } from "../../src/channels/mod.ts";
import { defaultConfig } from "../../src/config/mod.ts";
import { ANONYMOUS, Violations } from "../../src/security/mod.ts";
import { MessageGzip } from "../../src/session/message_gzip.ts";
import { Connection, type KernelLimits, kernelLimits, type Transport } from "../../src/session/mod.ts";
import { RateGuard } from "../../src/session/rate_guard.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** An active connection over a given transport, with default limits but for those given. */
export function openConnection(
  id: string,
  transport: Transport,
  options: { readonly clock?: ManualClock; readonly limits?: Partial<KernelLimits> } = {},
): Connection {
  const { clock = new ManualClock() } = options;
  const limits: KernelLimits = { ...kernelLimits(defaultConfig()), ...options.limits };
  const violations = new Violations({ maxViolations: 10, banMs: 1000, maxKeys: 10 });
  const connection = new Connection({
    id,
    sessionId: `session-of-${id}`,
    transport,
    profile: HEARTBEAT_PROFILE,
    caller: { remoteAddress: "127.0.0.1", principal: ANONYMOUS },
    rates: new RateGuard({ limits, violations, clock }).newRates(clock.monotonic()),
  }, { limits, clock, gzip: new MessageGzip(limits), onWaiting() {} });
  connection.opened(ANONYMOUS, clock.monotonic());
  return connection;
}
