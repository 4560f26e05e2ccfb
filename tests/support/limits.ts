/** The limits that a server has when nobody sets any: those of the configuration's schema. */
import { defaultConfig } from "../../src/config/mod.ts";
import type { ImportLimits } from "../../src/sources/mod.ts";
import type { WorldDefaults, WorldLimits } from "../../src/world/mod.ts";

const config = defaultConfig();
const { worldMin, worldMax, regionLevel, gridDepth } = config;

export const DEFAULT_WORLD_LIMITS: WorldLimits = {
  ...config.world,
  maxEntitiesPerRegion: config.maxEntitiesPerRegion,
};

export const WORLD_DEFAULTS: WorldDefaults = {
  bounds: { min: [worldMin, worldMin, worldMin], max: [worldMax, worldMax, worldMax] },
  level: regionLevel,
  depth: gridDepth,
  kind: config.defaultKind,
};

export const DEFAULT_IMPORT_LIMITS: ImportLimits = config.import;
