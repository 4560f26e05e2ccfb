import type { AdapterSummary, GpuErrorKind } from "../gpu/mod.ts";
import type { Vec3 } from "../space/mod.ts";
import type { Tree, TreeKind } from "../tree/mod.ts";
import type { Band } from "./band.ts";
import type { PictureView } from "./picture_view.ts";

/** What a scene is for: a Worker has one of each, so that picks come in between the bands of a picture. */
export type SceneUse = "picture" | "pick";

/** A region of a scene by the number under which the Worker holds it. */
export interface PlacedRegion {
  readonly id: number;
  readonly morton: number;
}

/** A ray in the space of scenes. */
export interface SceneRay {
  readonly origin: Vec3;
  readonly direction: Vec3;
  /** In lengths of the direction. */
  readonly tMax: number;
}

/** To a Worker. Bands and picks are answered in the order in which they came, nothing else is. */
export type TraceRequest =
  /** The first message to the GPU's Worker: opens the device. */
  | { readonly type: "open"; readonly wish: string }
  /** Regions to forget, then some to hold. The trees' buffers are transferred. */
  | {
    readonly type: "regions";
    readonly drop: readonly number[];
    readonly add: readonly { readonly id: number; readonly tree: Tree }[];
  }
  /** What bands or picks are of from now on. */
  | {
    readonly type: "scene";
    readonly use: SceneUse;
    readonly kind: TreeKind;
    readonly level: number;
    readonly regions: readonly PlacedRegion[];
  }
  | { readonly type: "band"; readonly view: PictureView; readonly band: Band }
  | { readonly type: "pick"; readonly ray: SceneRay };

/** What a ray of a pick met: the fields of `Hit`, and which of the scene's regions it is of. */
export interface SceneHit {
  readonly morton: number;
  readonly t: number;
  readonly level: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly size: number;
  readonly type: number;
  readonly face: number;
  readonly color: number;
  readonly material: number;
}

/** A band that was made. */
export interface BandReply {
  /** RGBA8 a word, row by row. */
  readonly pixels: Uint32Array<ArrayBuffer>;
  /** Time on the device itself, where there is one that can tell. */
  readonly gpuMs: number | undefined;
}

/**
 * Why a band or a pick failed: `wrong` the scene cannot be (a fault of whoever put it together), `too-large` it does not fit
 * the device, `device` anything else that befell the device.
 */
export type FailureReason = "wrong" | "too-large" | "device";

/** From a Worker. */
export type TraceReply =
  | { readonly type: "opened"; readonly adapter: AdapterSummary }
  /** The device cannot be had or its shaders do not compile; the Worker answers nothing more. */
  | { readonly type: "refused"; readonly kind: GpuErrorKind; readonly message: string }
  | { readonly type: "band"; readonly reply: BandReply }
  | { readonly type: "picked"; readonly hit: SceneHit | undefined }
  | { readonly type: "failed"; readonly reason: FailureReason; readonly message: string }
  /** An error that belongs to no band. */
  | { readonly type: "stray"; readonly kind: GpuErrorKind; readonly message: string }
  /** What the Worker's heap and buffers take now. */
  | { readonly type: "memory"; readonly bytes: number }
  /** The device went away and is opened again. */
  | { readonly type: "lost"; readonly message: string };
