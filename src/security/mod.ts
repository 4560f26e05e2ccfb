/** Who may speak to the server: credentials and principals, limits, and which pages of the same browser. */
export { type AuthConfig, type AuthDeps, type Authenticator, createAuthenticator } from "./authenticator.ts";
export { AUTH_FAILURE_REASONS, type AuthFailureReason } from "./auth_failure.ts";
export type { AuthStats } from "./auth_stats.ts";
export { CREDENTIAL_LOOK_MS, credentialFiles, CredentialWatch } from "./credential_files.ts";
export type { Peer } from "./peer.ts";
export { peerAddress } from "./peer_address.ts";
export { addressGroup } from "./ip_address.ts";
export type { StoredKey } from "./key_entry.ts";
export { loadKeysFile, MAX_KEYS, writeKeysFile } from "./keys_file.ts";
export { type NewKey, newKey, type NewKeyOptions } from "./new_key.ts";
export { isKeyId, KEY_ID_WORDS } from "./signatures.ts";
export { signToken, type TokenClaims } from "./sign_token.ts";
export { isSubject, SUBJECT_WORDS } from "./tokens.ts";
export { isWorldName, MAX_SCOPE_WORLDS } from "./world_scope.ts";
export type { TicketOptions } from "./tickets.ts";
export { SessionTokens, type SessionTokensOptions } from "./session_token.ts";
export {
  isWebSocketUpgrade,
  KEY_SUBPROTOCOL_PREFIX,
  keySubprotocol,
  SIGNED_SUBPROTOCOL_PREFIX,
  SUBPROTOCOL,
  TICKET_SUBPROTOCOL_PREFIX,
  TOKEN_SUBPROTOCOL_PREFIX,
} from "./request_credential.ts";
export { isAllowedOrigin, type OriginProblem, originProblem, type OriginRule } from "./same_origin.ts";
export {
  ANONYMOUS,
  type AuthMethod,
  hasRole,
  mayEnter,
  type Principal,
  requireAllowed,
  type Role,
  ROLES,
} from "./principal.ts";
export { type LimitStore, MemoryLimitStore, type Take } from "./limit_store.ts";
export { type BucketRule, perSecond, TokenBucket } from "./token_bucket.ts";
export { type Verdict, type ViolationRule, Violations } from "./violations.ts";
