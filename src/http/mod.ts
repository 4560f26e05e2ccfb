/** The HTTP side: REST, monitoring, the viewer page, and the way to the WebSocket. */
export { createHttpApp, type HttpApp, type RequestInfo } from "./http_app.ts";
export type { HttpDeps } from "./http_deps.ts";
export { type Asset, type AssetSource, createFileAssets } from "./assets.ts";
export type {
  BuilderStatus,
  CacheStatus,
  ClientsStatus,
  ConnectionRow,
  KindStatus,
  LedgerStatus,
  ServerStatus,
} from "./status.ts";
export type { Problem } from "./problem.ts";
