/** The HTTP side: REST, monitoring, the viewer page, and the way to the WebSocket. */
export { createHttpApp, type HttpApp, type RequestInfo } from "./http_app.ts";
export type { HttpDeps, ProfileName, UpgradePeer } from "./http_deps.ts";
export { failureAnswer, Listener, type ListenerOptions, type Listening } from "./listener.ts";
export { type Asset, type AssetSource, createFileAssets } from "./assets.ts";
export type {
  AuditRow,
  BuilderStatus,
  CacheStatus,
  ClientsStatus,
  ConnectionRow,
  KindStatus,
  LedgerStatus,
  ServerStatus,
  SessionStatus,
  WorldMember,
} from "./status.ts";
export { type ReportingParts, serverStatus } from "./server_status.ts";
export type { Problem } from "./problem.ts";
