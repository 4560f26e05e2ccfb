/** The part of three 0.187 that the viewer uses. The package ships no types. */
declare module "three" {
  export class Vector3 {
    x: number;
    y: number;
    z: number;
    set(x: number, y: number, z: number): this;
  }
  export class Matrix4 {
    readonly elements: number[];
    copy(other: Matrix4): this;
    multiplyMatrices(a: Matrix4, b: Matrix4): this;
    invert(): this;
  }
  export class Object3D {
    name: string;
    visible: boolean;
    frustumCulled: boolean;
    renderOrder: number;
    matrixAutoUpdate: boolean;
    readonly position: Vector3;
    readonly scale: Vector3;
    readonly up: Vector3;
    readonly matrixWorld: Matrix4;
    add(...children: Object3D[]): this;
    remove(...children: Object3D[]): this;
    lookAt(x: number, y: number, z: number): void;
    updateMatrix(): void;
    updateMatrixWorld(force?: boolean): void;
  }
  export class Scene extends Object3D {
    matrixWorldAutoUpdate: boolean;
  }
  export class PerspectiveCamera extends Object3D {
    fov: number;
    aspect: number;
    near: number;
    far: number;
    readonly projectionMatrix: Matrix4;
    readonly matrixWorldInverse: Matrix4;
    updateProjectionMatrix(): void;
  }
  export class BufferAttribute {
    array: ArrayBufferView;
    readonly count: number;
    constructor(array: ArrayBufferView, itemSize: number, normalized?: boolean);
    onUpload(callback: () => void): this;
  }
  export class InstancedBufferAttribute extends BufferAttribute {}
  export class BufferGeometry {
    setAttribute(name: string, attribute: BufferAttribute): this;
    setIndex(index: BufferAttribute | null): this;
    setDrawRange(start: number, count: number): void;
    dispose(): void;
  }
  export class InstancedBufferGeometry extends BufferGeometry {
    instanceCount: number;
  }
  export interface Uniform<T> {
    value: T;
  }
  export interface RawShaderMaterialOptions {
    readonly glslVersion: string;
    readonly vertexShader: string;
    readonly fragmentShader: string;
    readonly uniforms: Record<string, Uniform<unknown>>;
    readonly side?: number;
    readonly transparent?: boolean;
    readonly depthTest?: boolean;
    readonly depthWrite?: boolean;
  }
  export class RawShaderMaterial {
    constructor(options: RawShaderMaterialOptions);
    readonly uniforms: Record<string, Uniform<unknown>>;
    dispose(): void;
  }
  export class Mesh extends Object3D {
    constructor(geometry: BufferGeometry, material: RawShaderMaterial);
    readonly geometry: BufferGeometry;
  }
  export interface WebGLRendererOptions {
    readonly canvas: HTMLCanvasElement;
    readonly antialias?: boolean;
    readonly alpha?: boolean;
    readonly stencil?: boolean;
    readonly powerPreference?: "default" | "high-performance" | "low-power";
    readonly preserveDrawingBuffer?: boolean;
  }
  export class WebGLRenderer {
    constructor(options: WebGLRendererOptions);
    readonly info: { readonly render: { readonly calls: number; readonly triangles: number } };
    setPixelRatio(ratio: number): void;
    setSize(width: number, height: number, updateStyle?: boolean): void;
    render(scene: Scene, camera: PerspectiveCamera): void;
    dispose(): void;
  }
  export const GLSL3: string;
  export const DoubleSide: number;
}
