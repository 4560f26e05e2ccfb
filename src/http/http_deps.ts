import type { Config } from "../config/mod.ts";
import type { Clock, Logger, Metrics } from "../observe/mod.ts";
import type { Worlds } from "../world/mod.ts";
import type { AssetSource } from "./assets.ts";
import type { ServerStatus } from "./status.ts";

/** What the HTTP side is given. */
export interface HttpDeps {
  readonly config: Config;
  readonly worlds: Worlds;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names `voxcast_http_*` and those of `metric_table.ts` are registered in it, so one app a registry. */
  readonly metrics: Metrics;
  /** Version of the product, for `/api/info` and the OpenAPI document. */
  readonly version: string;
  status(): ServerStatus;
  /**
   * Turns a request that passed authentication and asks for an upgrade into the socket of `/ws/render`.
   * An answer of status 101 is handed on untouched.
   * @param remoteAddress IP address of the peer
   */
  upgradeRender(request: Request, remoteAddress: string): Response;
  /** The files of the viewer page. */
  readonly assets: AssetSource;
}
