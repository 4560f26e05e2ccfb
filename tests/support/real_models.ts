import { type Need, needs } from "./needs.ts";

/** Real models that come with npm packages of the import map, as paths for `Deno.readFile`. */

function modelPath(specifier: string): string {
  return decodeURIComponent(new URL(import.meta.resolve(specifier)).pathname);
}

/** A tree of 428,739 coloured voxels, MIT licence (vox-reader). */
export const TREE_VOX: string = modelPath("vox-reader/test/tree.vox");
/** A small scene with a scene graph, materials and layers, MIT licence (vox-reader). */
export const EXTENDED_VOX: string = modelPath("vox-reader/test/extended.vox");
/** One small model, MIT licence (vox-reader). */
export const DEER_VOX: string = modelPath("vox-reader/test/deer.vox");

/** What a test needs to read them, or any file of the project. */
export const modelNeeds: Need = await needs({ read: "." });
