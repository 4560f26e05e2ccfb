/** A camera as clients write it. */
export const CAMERA = {
  eye: { x: 0, y: 100, z: 200 },
  lookAt: { x: 0, y: 0, z: 0 },
  up: { x: 0, y: 1, z: 0 },
  fovY: 1.047,
  aspectRatio: 1.7778,
  nearPlane: 0.1,
  farPlane: 1000,
};
