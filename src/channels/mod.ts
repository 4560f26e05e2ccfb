/** What a connection can do, one profile a WebSocket path. */
export { createRenderProfile, type RenderChannelOptions } from "./render.ts";
