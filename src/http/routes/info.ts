import { createRoute, z } from "@hono/zod-openapi";
import { STATUS_CODE } from "@std/http/status";
import { PROTOCOL_VERSION, SUPPORTED_CODECS } from "../../protocol/mod.ts";
import { mayEnter, type Principal } from "../../security/mod.ts";
import { TREE_KINDS } from "../../tree/mod.ts";
import type { HttpDeps } from "../http_deps.ts";
import { jsonAnswer, PROBLEMS } from "../route_parts.ts";
import { principalOf, type Router } from "../router_type.ts";

const infoSchema = z.object({
  version: z.string(),
  port: z.int(),
  upstreamCount: z.int(),
  regionLevel: z.int(),
  gridResolution: z.int().openapi({ description: "Voxels an axis of a region" }),
  maxBuildDepth: z.int(),
  buildPoolSize: z.int(),
  structureType: z.enum(["ESVO", "ESVT"]).openapi({
    description: "Kind of tree of a new world, for clients that ask for none",
  }),
  kinds: z.array(z.enum(TREE_KINDS)).openapi({ description: "Kinds that a client may ask for" }),
  worldMin: z.number(),
  worldMax: z.number(),
  regionSize: z.number().openapi({ description: "World units an axis" }),
  regionsPerAxis: z.int(),
  builder: z.string().openapi({ description: "The backend that really builds: gpu or cpu" }),
  builderAsked: z.string().openapi({ description: "The one that was asked for: build.backend" }),
  builderReason: z.string().optional().openapi({
    description: "Why the CPU builds although something else was asked for",
  }),
  adapter: z.object({ name: z.string(), software: z.boolean() }).optional().openapi({
    description: "The GPU's adapter, if one was opened",
  }),
  tracer: z.string().openapi({ description: "What traces pictures: gpu (known once it was opened) or cpu" }),
  tracerAsked: z.string().openapi({ description: "The one that was asked for: trace.backend" }),
  tracerReason: z.string().optional().openapi({
    description: "Why the CPU traces although something else was asked for",
  }),
  protocols: z.array(z.int()),
  codecs: z.array(z.int()),
  defaultWorld: z.string().optional().openapi({
    description: "The world of those who name none; left out if the credential is not for it",
  }),
  worldCount: z.int().openapi({ description: "Worlds that the credential is for" }),
  worlds: z.array(z.string()).optional().openapi({
    description: "Their names; left out if sensitive information is redacted",
  }),
  lodThresholds: z.array(z.number()),
  limits: z.record(z.string(), z.number()),
}).openapi("Info");

/** `/api/info`: what the server is and can do; new worlds are made with these bounds and levels. */
export function addInfoRoute(router: Router, deps: HttpDeps): void {
  router.openapi(
    createRoute({
      method: "get",
      path: "/api/info",
      summary: "What the server is and can do",
      responses: { 200: jsonAnswer("Settings that a client may want to know", infoSchema), ...PROBLEMS },
    }),
    (context) => context.json(info(deps, principalOf(context)), STATUS_CODE.OK),
  );
}

function info(
  { config, status, version, worlds }: HttpDeps,
  principal: Principal,
): z.infer<typeof infoSchema> {
  const { port, builder, tracer } = status();
  const ids = [...worlds.list()].map(({ id }) => id).filter((id) => mayEnter(principal, id));
  const regionsPerAxis = 2 ** config.regionLevel;
  return {
    version,
    port: port ?? config.port,
    // No upstream feed can be configured, so there is none.
    upstreamCount: 0,
    regionLevel: config.regionLevel,
    gridResolution: 2 ** config.gridDepth,
    maxBuildDepth: config.gridDepth,
    buildPoolSize: config.build.buildPoolSize,
    structureType: config.defaultKind === "esvt" ? "ESVT" : "ESVO",
    kinds: [...TREE_KINDS],
    worldMin: config.worldMin,
    worldMax: config.worldMax,
    regionSize: (config.worldMax - config.worldMin) / regionsPerAxis,
    regionsPerAxis,
    builder: builder.name,
    builderAsked: builder.asked,
    ...(builder.reason === undefined ? {} : { builderReason: builder.reason }),
    ...(builder.adapter === undefined
      ? {}
      : { adapter: { name: builder.adapter.name, software: builder.adapter.isSoftware } }),
    tracer: tracer.backend,
    tracerAsked: tracer.asked,
    ...(tracer.reason === undefined ? {} : { tracerReason: tracer.reason }),
    protocols: [PROTOCOL_VERSION],
    codecs: [...SUPPORTED_CODECS],
    ...(mayEnter(principal, config.defaultWorld) ? { defaultWorld: config.defaultWorld } : {}),
    worldCount: ids.length,
    ...(config.security.redactSensitiveInfo ? {} : { worlds: ids }),
    lodThresholds: [...config.streaming.lodThresholds],
    limits: {
      ...config.world,
      maxEntitiesPerRegion: config.maxEntitiesPerRegion,
      maxClientsPerServer: config.streaming.maxClientsPerServer,
      maxMessageSizeBytes: config.streaming.maxMessageSizeBytes,
      maxBodyBytes: config.http.maxBodyBytes,
      maxJsonBytes: Math.min(config.http.maxBodyBytes, config.http.maxJsonBytes),
      maxReadCells: config.http.maxReadCells,
      maxPollSec: config.http.maxPollSec,
      maxPictureWidthPx: config.snapshots.maxWidthPx,
      maxPictureHeightPx: config.snapshots.maxHeightPx,
      maxPicturePixels: config.trace.maxPicturePixels,
    },
  };
}
