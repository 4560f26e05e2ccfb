/** What a connection can do: the profiles of the WebSocket paths, and the streams that can be subscribed to. */
export { createRenderProfile, type RenderChannelOptions } from "./render.ts";
export { RegionClaims, type RegionClaimsOptions } from "./region_claims.ts";
export { HEARTBEAT_PROFILE, STREAM_FEATURES_PROFILE } from "./stream_profiles.ts";
export { createWorldFeatures, type WorldFeaturesOptions } from "./world_features.ts";
