import { VoxcastError } from "../protocol/mod.ts";

/** What a principal may do, each role all that the ones before it may: look, edit, remove, administer. */
export const ROLES = ["viewer", "participant", "moderator", "owner"] as const;
export type Role = (typeof ROLES)[number];

/** How a principal proved who it is; `none` where no credentials are set up, `development` for `?user_id=`. */
export type AuthMethod = "none" | "api-key" | "hmac" | "jwt" | "ticket" | "development";

/** Who a request or connection is. */
export interface Principal {
  /** Unique over all methods, e.g. `key:backup`, `user:alice`, `anonymous`. Shown in logs and statistics, so no secret. */
  readonly id: string;
  readonly method: AuthMethod;
  readonly role: Role;
  /** Worlds that it may enter. */
  readonly worlds: "all" | ReadonlySet<string>;
  /** Wall-clock time at which the credential ends. */
  readonly expiresAtMs?: number;
  /**
   * What its credential was compared with, where that may go while the server runs: a key of a file, a public key, or a set of them.
   * A name that is the same for the same thing, and says nothing of it.
   */
  readonly proof?: symbol;
}

/** Everybody, where no credentials are set up. */
export const ANONYMOUS: Principal = { id: "anonymous", method: "none", role: "owner", worlds: "all" };

/** Whether a principal may enter a world. */
export function mayEnter({ worlds }: Principal, world: string): boolean {
  return worlds === "all" || worlds.has(world);
}

/** Whether a principal's role reaches as far as `role`. */
export function hasRole(principal: Principal, role: Role): boolean {
  return ROLES.indexOf(principal.role) >= ROLES.indexOf(role);
}

/**
 * Refuses what a principal may not do, in the same words whether the world exists or not.
 * @throws {VoxcastError} NOT_ALLOWED
 */
export function requireAllowed(
  principal: Principal,
  role: Role,
  scope: { readonly world: string } | "server" | "any",
): void {
  if (!hasRole(principal, role)) {
    throw new VoxcastError(
      "NOT_ALLOWED",
      `This needs the role ${role}, the credential has ${principal.role}`,
    );
  }
  if (scope === "any" || principal.worlds === "all") return;
  if (scope === "server") throw new VoxcastError("NOT_ALLOWED", "This needs a credential for all worlds");
  if (!principal.worlds.has(scope.world)) {
    throw new VoxcastError("NOT_ALLOWED", "The credential is not for this world");
  }
}
