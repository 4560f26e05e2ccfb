import { z } from "zod";
import { path, whole } from "./field_schemas.ts";
import { isNetwork, isOrigin } from "./text_forms.ts";

const API_KEY_PATTERN = /^[\x21-\x7e]{8,256}$/;
const API_KEY_WORDS =
  "8 to 256 visible ASCII characters without spaces, or sha256: and the hash of such a key in hex";
const JWT_NAME_PATTERN = /^[\x21-\x7e]{1,256}$/;

/** Credentials, tokens, TLS and what strangers are told. */
export const securitySchema = z.strictObject({
  apiKey: z.string().regex(API_KEY_PATTERN).optional().meta({
    description:
      "Key that allows everything (role owner, all worlds); as long as no credential at all is set up there is no authentication, on the loopback address only",
    secret: true,
    allowed: API_KEY_WORDS,
  }),
  apiKeys: z.array(z.string().regex(API_KEY_PATTERN)).max(64).default([]).meta({
    description: "Further keys of the same power; keys with less belong into security.keysFile",
    secret: true,
    allowed: `up to 64 keys of ${API_KEY_WORDS}`,
  }),
  keysFile: path(
    "File of keys with roles and worlds, written by `voxcast key new`, and read again when it changes",
  ),
  requireAuth: z.boolean().default(false).meta({
    description: "Refuses to start without any credential; with one, authentication is always required",
  }),
  requireHmac: z.boolean().default(false).meta({
    description: "Takes an API key only with a signature (AUTH with timestamp), never alone",
  }),
  hmacWindowSec: whole(300, 1, 3600, "s", "How far a signed timestamp may be from the server's time"),
  jwtSecret: z.string().min(32).max(4096).optional().meta({
    description: "Secret of tokens signed with HS256; needs security.jwtIssuer and security.jwtAudience",
    secret: true,
    allowed: "32 to 4096 characters",
  }),
  jwksFile: path(
    "File with the public keys (JWKS) of tokens signed by somebody else, read again when it changes",
  ),
  jwtIssuer: z.string().regex(JWT_NAME_PATTERN).optional().meta({
    description: "`iss` that a token must have",
    allowed: "1 to 256 visible ASCII characters",
  }),
  jwtAudience: z.string().regex(JWT_NAME_PATTERN).optional().meta({
    description: "`aud` that a token must have",
    allowed: "1 to 256 visible ASCII characters",
  }),
  jwtLeewaySec: whole(
    5,
    0,
    300,
    "s",
    "By how much the clocks of a token's issuer and the server may differ",
  ),
  allowQueryToken: z.boolean().default(false).meta({
    description:
      "Takes a token from `?auth_token=` of an upgrade; addresses end up in logs, so tickets are better",
  }),
  ticketTtlSec: whole(30, 1, 600, "s", "Life of a one-time ticket"),
  maxTickets: whole(10_000, 1, 1_000_000, "tickets", "Most unused tickets at a time"),
  sessionTokenTtlSec: whole(
    3600,
    10,
    604_800,
    "s",
    "Life of the token with which a session is taken up again",
  ),
  maxAuthFailures: whole(
    3,
    1,
    1000,
    "attempts",
    "Wrong credentials from one address before it is locked out",
  ),
  authLockoutSec: whole(60, 1, 86_400, "s", "Time for which an address is locked out"),
  allowedOrigins: z.array(z.string().refine(isOrigin)).max(64).default([]).meta({
    description: "Sites beside the server's own whose pages may use it",
    allowed: "up to 64 origins such as https://app.example.com",
  }),
  tlsCertFile: path("Certificate chain in PEM; with security.tlsKeyFile the server speaks HTTPS and WSS"),
  tlsKeyFile: path("Private key in PEM, not encrypted"),
  trustProxy: z.array(z.string().refine(isNetwork)).max(64).default([]).meta({
    description:
      "Addresses of the proxies that end TLS before the server; only from them X-Forwarded-For is believed",
    allowed: "up to 64 IP addresses or networks such as 10.0.0.0/8",
  }),
  redactSensitiveInfo: z.boolean().default(true).meta({
    description: "Leaves what a stranger need not know (the names of the worlds) out of /api/info",
  }),
}).prefault({});
