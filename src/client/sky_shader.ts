/** GLSL shared by everything drawn: the colour of the sky in a direction, and how much of it lies before a distance. */
export const SKY_GLSL = `
vec3 skyColor(vec3 direction) {
  float height = normalize(direction).y;
  vec3 horizon = vec3(0.180, 0.231, 0.333);
  vec3 zenith = vec3(0.043, 0.063, 0.118);
  vec3 ground = vec3(0.051, 0.062, 0.094);
  return height > 0.0 ? mix(horizon, zenith, smoothstep(0.0, 0.75, height))
    : mix(horizon, ground, smoothstep(0.0, 0.45, -height));
}
/** \`distance\` in sizes of the world. */
float fog(float distance) {
  return 0.75 * smoothstep(1.2, 7.0, distance);
}
`;

/** One triangle over the whole screen, at the far end of the depth range. */
export const SKY_VERTEX = `
precision highp float;
uniform mat4 unproject;
out vec3 ray;
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  vec4 near = unproject * vec4(corner, -1.0, 1.0);
  vec4 far = unproject * vec4(corner, 1.0, 1.0);
  ray = far.xyz / far.w - near.xyz / near.w;
  gl_Position = vec4(corner, 1.0, 1.0);
}
`;

export const SKY_FRAGMENT = `
precision highp float;
in vec3 ray;
out vec4 color;
${SKY_GLSL}
void main() {
  // A little noise hides the steps of a dark gradient.
  float noise = fract(sin(dot(gl_FragCoord.xy, vec2(12.9898, 78.233))) * 43758.5453) - 0.5;
  color = vec4(skyColor(ray) + noise / 255.0, 1.0);
}
`;
