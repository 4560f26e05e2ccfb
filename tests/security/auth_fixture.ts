import { type Config, defaultConfig } from "../../src/config/mod.ts";
import { createLogger, seededRandom } from "../../src/observe/mod.ts";
import type { VoxcastError } from "../../src/protocol/mod.ts";
import { type Authenticator, createAuthenticator, type Peer } from "../../src/security/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

export const KEY = "correct-horse+battery/staple=1";
export const PEER: Peer = { address: "192.0.2.7" };
/** The same, asking for a socket. */
export const SOCKET: Peer = { ...PEER, opensSocket: true };
export const JWT_SECRET = "a secret of at least thirty-two characters";
/** What turns tokens signed with JWT_SECRET on. */
export const TOKENS = { jwtSecret: JWT_SECRET, jwtIssuer: "issuer", jwtAudience: "voxcast" };

type Overrides = Partial<Config["security"]> & { readonly host?: string; readonly maxTrackedKeys?: number };

/** An authenticator with a clock that stands still and every line that it logged. */
export interface AuthFixture extends Disposable {
  readonly auth: Authenticator;
  readonly clock: ManualClock;
  readonly lines: string[];
}

/** With the key KEY unless `security` says otherwise. */
export async function authFixture(overrides: Overrides = { apiKey: KEY }): Promise<AuthFixture> {
  const { host, maxTrackedKeys, ...security } = overrides;
  const defaults = defaultConfig();
  const clock = new ManualClock();
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const auth = await createAuthenticator({
    host: host ?? defaults.host,
    security: { ...defaults.security, ...security },
    limits: { ...defaults.limits, ...(maxTrackedKeys === undefined ? {} : { maxTrackedKeys }) },
  }, {
    clock,
    random: seededRandom(7),
    logger: createLogger({ level: "debug", format: "text", write, clock }),
  });
  return { auth, clock, lines, [Symbol.dispose]: () => auth[Symbol.dispose]() };
}

export function request(headers: Record<string, string>, path: string = "/api/worlds"): Request {
  return new Request(`http://127.0.0.1:7090${path}`, { headers });
}

export function bearer(value: string): Request {
  return request({ authorization: `Bearer ${value}` });
}

/** A WebSocket upgrade that shows these subprotocols beside `voxcast`. */
export function upgrade(protocols: readonly string[], path: string = "/ws/render"): Request {
  return request(
    { upgrade: "WebSocket", "sec-websocket-protocol": ["voxcast", ...protocols].join(", ") },
    path,
  );
}

/** The code with which something is refused, or "admitted". */
export async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    return await attempt === undefined ? "nothing shown" : "admitted";
  } catch (error) {
    return (error as VoxcastError).code;
  }
}

/** The reasons that were counted, with how often. */
export function failuresOf({ stats }: Authenticator): Record<string, number> {
  return Object.fromEntries(Object.entries(stats.failures).filter(([, count]) => count > 0));
}
