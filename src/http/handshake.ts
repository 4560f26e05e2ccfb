import { STATUS_CODE } from "@std/http/status";
import { isWebSocketUpgrade } from "../security/mod.ts";
import { HttpError } from "./problem.ts";

/** The only version of the protocol that there is (RFC 6455, 4.1). */
const VERSION = "13";
/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;
const UPGRADE = { upgrade: "websocket", connection: "upgrade" } as const;

/**
 * Refuses what is no opening handshake of RFC 6455 (4.2.1), as the runtime upgrades whatever has a key. A header that
 * comes twice has both values joined by a comma, so it is refused, too.
 * @throws {HttpError} UNSUPPORTED_PROTOCOL with 426, with the version that is spoken, or with 400; METHOD_NOT_ALLOWED
 */
export function requireHandshake(request: Request): void {
  const { headers, method } = request;
  if (!isWebSocketUpgrade(request)) {
    throw refusal("This address speaks WebSocket only", STATUS_CODE.UpgradeRequired, UPGRADE);
  }
  if (method !== "GET") {
    throw new HttpError("METHOD_NOT_ALLOWED", "Only GET opens a WebSocket", { headers: { allow: "GET" } });
  }
  if (headers.get("sec-websocket-version")?.trim() !== VERSION) {
    const answer = { ...UPGRADE, "sec-websocket-version": VERSION };
    throw refusal(`Sec-WebSocket-Version must be ${VERSION}`, STATUS_CODE.UpgradeRequired, answer);
  }
  const options = (headers.get("connection") ?? "").toLowerCase().split(",").map((option) => option.trim());
  if (!options.includes("upgrade")) throw refusal("Connection must have the option Upgrade");
  if (!KEY.test(headers.get("sec-websocket-key")?.trim() ?? "")) {
    throw refusal("Sec-WebSocket-Key must be 16 bytes in base64");
  }
}

function refusal(
  message: string,
  status: number = STATUS_CODE.BadRequest,
  headers: Readonly<Record<string, string>> = {},
): HttpError {
  return new HttpError("UNSUPPORTED_PROTOCOL", message, { status, headers });
}
