import { type Config, defaultConfig } from "../../src/config/mod.ts";
import { createLogger, seededRandom } from "../../src/observe/mod.ts";
import { type AuthCredential, VoxcastError } from "../../src/protocol/mod.ts";
import {
  type Authenticator,
  createAuthenticator,
  type Peer,
  type Principal,
} from "../../src/security/mod.ts";
import { signToken, type TokenClaims } from "../../src/security/sign_token.ts";
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
export class AuthFixture implements Disposable {
  constructor(readonly auth: Authenticator, readonly clock: ManualClock, readonly lines: readonly string[]) {}

  /** The reasons of failures that were counted, with how often. */
  get failures(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.auth.stats.failures).filter(([, count]) => count > 0));
  }

  /** The code with which a request is refused, or "admitted", or "nothing shown". */
  codeOfRequest(shown: Request, peer: Peer = PEER): Promise<string> {
    return codeOf(this.auth.ofRequest(shown, peer));
  }

  /** The same for a credential in an AUTH message. */
  codeOfMessage(credential: AuthCredential, peer: Peer = PEER): Promise<string> {
    return codeOf(this.auth.ofMessage(credential, peer));
  }

  [Symbol.dispose](): void {
    this.auth[Symbol.dispose]();
  }
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
  return new AuthFixture(auth, clock, lines);
}

/** A principal without its proof, which no other one has. */
export function withoutProof(principal: Principal | undefined): Omit<Principal, "proof"> | undefined {
  if (principal === undefined) return undefined;
  const { proof: _, ...rest } = principal;
  return rest;
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

/** A token as the command line makes it, that a server with TOKENS takes. */
export function signedToken(claims: Partial<TokenClaims> = {}): Promise<string> {
  return signToken(JWT_SECRET, {
    subject: "alice",
    role: "viewer",
    worlds: "all",
    issuer: TOKENS.jwtIssuer,
    audience: TOKENS.jwtAudience,
    issuedAtMs: 0,
    ttlSec: 60,
    ...claims,
  });
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    return await attempt === undefined ? "nothing shown" : "admitted";
  } catch (error) {
    if (!(error instanceof VoxcastError)) throw error;
    return error.code;
  }
}
