/** One WGSL file, as imported. */
export interface ShaderFile {
  /** Path under `shaders/`, for messages: `build/mark.wgsl`. */
  readonly path: string;
  readonly text: string;
}

/** A storage buffer that a shader declares in group 0. */
export interface ShaderBinding {
  readonly name: string;
  readonly index: number;
  readonly isWritten: boolean;
}

const NEEDS = /^\/\/ Needs: (.+)$/m;
const BINDING = /@group\(0\)\s*@binding\((\d+)\)\s*var<storage,\s*(read|read_write)>\s*(\w+)/g;

/**
 * The text of one compute stage: its own file after the shared parts that a line `// Needs: a, b` in it names. WGSL has no
 * includes, and order does not matter at module scope.
 */
export class ShaderSource {
  /** What the device compiles. */
  readonly code: string;
  /** Storage buffers in the order of their binding numbers. */
  readonly bindings: readonly ShaderBinding[];
  readonly #files: readonly ShaderFile[];

  /** @throws RangeError if a needed part is not among `shared`, or binding numbers are not 0, 1, 2 ... */
  constructor(stage: ShaderFile, shared: ReadonlyMap<string, ShaderFile>) {
    const names = NEEDS.exec(stage.text)?.[1]?.split(",").map((name) => name.trim()) ?? [];
    const parts = names.map((name) => {
      const part = shared.get(name);
      if (part === undefined) throw new RangeError(`Shader ${stage.path} needs ${name}, which is not there`);
      return part;
    });
    this.#files = [...parts, stage];
    this.code = this.#files.map(({ text }) => text).join("");
    this.bindings = findBindings(stage);
  }

  /** File and line of a line (from 1) of `code`, as `build/mark.wgsl:12`, and what stands there. */
  locate(line: number): { readonly place: string; readonly text: string } {
    let rest = line;
    for (const { path, text } of this.#files) {
      const lines = text.split("\n");
      const count = lines.length - (text.endsWith("\n") ? 1 : 0);
      if (rest <= count) return { place: `${path}:${rest}`, text: lines[rest - 1]?.trim() ?? "" };
      rest -= count;
    }
    return { place: `${this.#files.at(-1)!.path}:?`, text: "" };
  }
}

function findBindings(stage: ShaderFile): ShaderBinding[] {
  const found = [...stage.text.matchAll(BINDING)].map(([, index, access, name]) => ({
    name: name!,
    index: Number(index),
    isWritten: access === "read_write",
  }));
  found.sort((a, b) => a.index - b.index);
  found.forEach(({ index }, i) => {
    if (index !== i) throw new RangeError(`Shader ${stage.path} has no binding ${i} in group 0`);
  });
  return found;
}
