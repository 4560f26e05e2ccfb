/** The world's floor: a square with a line along every edge of a region, for a sense of place and scale. */
export const FLOOR_VERTEX = `
precision highp float;
uniform mat4 viewMatrix;
uniform mat4 projectionMatrix;
uniform vec3 cameraPosition;
uniform float worldSize;
uniform float cells;
out vec2 place;
out vec3 fromEye;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  vec3 world = vec3(corner.x, 0.0, corner.y) * worldSize;
  place = corner * cells;
  fromEye = (world - cameraPosition) / worldSize;
  gl_Position = projectionMatrix * viewMatrix * vec4(world, 1.0);
}
`;

export const FLOOR_FRAGMENT = `
precision highp float;
uniform float cells;
in vec2 place;
in vec3 fromEye;
out vec4 color;
void main() {
  // Seen from below it would only be in the way.
  if (fromEye.y > 0.0) discard;
  vec2 pixel = fwidth(place);
  vec2 off = abs(place - round(place)) / pixel;
  // Where lines come closer together than a few pixels they melt into one another; they fade before that.
  vec2 line = (1.0 - smoothstep(0.2, 1.0, off)) * (1.0 - smoothstep(0.08, 0.35, pixel));
  vec2 border = min(place, cells - place) / pixel;
  float rim = 1.0 - smoothstep(0.8, 1.6, min(border.x, border.y));
  float fade = 1.0 - smoothstep(0.8, 3.0, length(fromEye));
  color = vec4(0.55, 0.66, 0.86, max(0.16 * max(line.x, line.y), 0.3 * rim) * fade + 0.02);
}
`;
