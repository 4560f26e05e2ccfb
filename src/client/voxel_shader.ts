import { SKY_GLSL } from "./sky_shader.ts";

/**
 * One instance is one voxel, and twelve vertices are the three faces that can face the eye: vertex 4a + c is corner c of
 * the face across axis a, on the side where the eye is. A face that is hidden by a neighbour, or seen edge-on from
 * within its slab, collapses outside the screen. The words are laid out by `region_instances.ts`; the model matrix
 * scales cells to world units and moves the region to its place, nothing else.
 */
export const VOXEL_VERTEX = `
precision highp float;
precision highp int;
uniform mat4 modelMatrix;
uniform mat4 viewMatrix;
uniform mat4 projectionMatrix;
uniform vec3 cameraPosition;
uniform float worldSize;
in uvec4 voxel;
flat out vec4 base;
flat out vec4 corners;
out vec2 onFace;
out vec3 fromEye;

const float LIGHT[6] = float[6](0.62, 0.82, 0.45, 1.0, 0.55, 0.90);

void main() {
  int axis = gl_VertexID >> 2;
  int u = axis == 2 ? 0 : axis + 1;
  int v = u == 2 ? 0 : u + 1;
  vec3 cell = vec3(voxel.x & 255u, (voxel.x >> 8) & 255u, (voxel.x >> 16) & 255u);
  vec3 eye = (cameraPosition - modelMatrix[3].xyz) / modelMatrix[0][0] - cell - 0.5;
  int side = eye[axis] > 0.0 ? 1 : 0;
  int face = 2 * axis + side;
  bool isSeen = abs(eye[axis]) > 0.5 && ((voxel.x >> uint(24 + face)) & 1u) == 1u;

  onFace = vec2(gl_VertexID & 1, (gl_VertexID >> 1) & 1);
  vec3 position = cell;
  position[axis] += float(side);
  position[u] += onFace.x;
  position[v] += onFace.y;
  vec4 world = modelMatrix * vec4(position, 1.0);

  uint shade = (face < 4 ? voxel.z >> uint(8 * face) : voxel.w >> uint(8 * (face - 4))) & 255u;
  corners = vec4(shade & 3u, (shade >> 2) & 3u, (shade >> 4) & 3u, shade >> 6) / 3.0;
  vec3 color = vec3(voxel.y & 255u, (voxel.y >> 8) & 255u, (voxel.y >> 16) & 255u) / 255.0;
  base = vec4(color, LIGHT[face]);
  fromEye = (world.xyz - cameraPosition) / worldSize;
  gl_Position = isSeen ? projectionMatrix * viewMatrix * world : vec4(2.0, 2.0, 2.0, 1.0);
}
`;

export const VOXEL_FRAGMENT = `
precision highp float;
flat in vec4 base;
flat in vec4 corners;
in vec2 onFace;
in vec3 fromEye;
out vec4 color;
${SKY_GLSL}
void main() {
  float open = mix(mix(corners.x, corners.y, onFace.x), mix(corners.z, corners.w, onFace.x), onFace.y);
  vec2 pixel = fwidth(onFace);
  vec2 edge = min(onFace, 1.0 - onFace) / max(pixel, vec2(1e-6));
  // A thin dark seam between voxels, only where they are large enough to show one.
  float seam = (1.0 - smoothstep(0.4, 1.4, min(edge.x, edge.y))) * (1.0 - smoothstep(0.04, 0.14, max(pixel.x, pixel.y)));
  vec3 lit = base.rgb * base.a * mix(0.52, 1.0, open) * (1.0 - 0.16 * seam);
  color = vec4(mix(lit, skyColor(fromEye), fog(length(fromEye))), 1.0);
}
`;
