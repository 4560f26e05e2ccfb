/** What the browser can draw with. */
export interface GraphicsSupport {
  readonly hasWebgl2: boolean;
  /** Name of the device or driver, as far as the browser tells. */
  readonly renderer: string;
  /** Whether the processor does the work of a graphics card. */
  readonly isSoftware: boolean;
}

/** Looks at the browser's graphics with a canvas that is thrown away. */
export function graphicsSupport(): GraphicsSupport {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (gl === null) return { hasWebgl2: false, renderer: "", isSoftware: false };
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer = String(gl.getParameter(info === null ? gl.RENDERER : info.UNMASKED_RENDERER_WEBGL));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return {
    hasWebgl2: true,
    renderer,
    isSoftware: /swiftshader|llvmpipe|software|basic render/i.test(renderer),
  };
}
