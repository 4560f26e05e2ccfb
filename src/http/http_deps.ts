import type { Config } from "../config/mod.ts";
import type { Clock, Logger, Metrics } from "../observe/mod.ts";
import type { Authenticator, LimitStore, Principal, Violations } from "../security/mod.ts";
import type { Snapshots } from "../snapshot/mod.ts";
import type { RegionStreamer } from "../streaming/mod.ts";
import type { Worlds } from "../world/mod.ts";
import type { AssetSource } from "./assets.ts";
import type { ServerStatus } from "./status.ts";

/** The WebSocket paths, by the last part of their addresses. */
export type ProfileName = "render" | "heartbeat" | "stream_features";

/** Who asks for an upgrade. */
export interface UpgradePeer {
  /** IP address of the client. */
  readonly remoteAddress: string;
  /** Undefined only on paths where a credential may come in a message. */
  readonly principal: Principal | undefined;
}

/** What the HTTP side is given. */
export interface HttpDeps {
  readonly config: Config;
  readonly worlds: Worlds;
  /** Regions for those who poll. */
  readonly regions: Pick<RegionStreamer, "fetchRegion" | "occupiedRegions" | "regionsInView">;
  /** Pictures and picks. */
  readonly snapshots: Pick<Snapshots, "picture" | "pick">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names `voxcast_http_*` and those of `metric_table.ts` are registered in it, so one app a registry. */
  readonly metrics: Metrics;
  /** Version of the product, for `/api/info` and the OpenAPI document. */
  readonly version: string;
  status(): ServerStatus;
  /** Says who a request is. Disposed of by whoever made it. */
  readonly authenticator: Authenticator;
  /** Buckets of the limits; swept by the HTTP side. */
  readonly limitStore: LimitStore;
  /** Who broke limits and is banned for it; one for requests and sockets, swept by the HTTP side, too. */
  readonly violations: Violations;
  /**
   * Throws what {@linkcode HttpDeps.upgrade} would throw at this moment, and takes nobody in: for a client whose socket
   * did not open, as a browser does not tell it why.
   * @throws {VoxcastError} as `upgrade`
   */
  checkUpgrade(profile: ProfileName, peer: UpgradePeer): void;
  /**
   * Turns a request that passed all checks and asks for an upgrade into a socket.
   * An answer of status 101 is handed on untouched.
   * @throws {VoxcastError} SERVER_FULL, OVERLOADED and the like, answered as a problem
   */
  upgrade(profile: ProfileName, request: Request, peer: UpgradePeer): Response;
  /** The files of the viewer page. */
  readonly assets: AssetSource;
}
