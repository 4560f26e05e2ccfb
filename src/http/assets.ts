/** A file as it goes out. The bytes are never changed, so their identity may stand for their content. */
export interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
}

/** Where the viewer's files come from. */
export interface AssetSource {
  /** The file of that plain name (`index.html`, `viewer.js`), or undefined if there is none. */
  read(name: string): Promise<Asset | undefined>;
}

/** Media types of the files that are served; a file of any other kind is not. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  map: "application/json",
  json: "application/json",
  svg: "image/svg+xml",
  png: "image/png",
  ico: "image/x-icon",
  webp: "image/webp",
  woff2: "font/woff2",
  wasm: "application/wasm",
};
/** Plain names only: no folders, no hidden files. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*\.([a-z0-9]+)$/;

/** Media type by the ending of a plain file name; undefined for names and kinds that are not served. */
export function assetContentType(name: string): string | undefined {
  const ending = NAME.exec(name)?.[1];
  return ending !== undefined && Object.hasOwn(CONTENT_TYPES, ending) ? CONTENT_TYPES[ending] : undefined;
}

/**
 * Files straight out of folders, the first folder that has the name wins. A file is read once and kept; one that is
 * not there is looked for again, so that a viewer bundled later appears without a restart.
 *
 * @param folders such as `file:///.../src/client/page/`, each ending in a slash
 */
export function createFileAssets(folders: readonly URL[]): AssetSource {
  const loaded = new Map<string, Promise<Asset | undefined>>();

  function read(name: string): Promise<Asset | undefined> {
    const contentType = assetContentType(name);
    if (contentType === undefined) return Promise.resolve(undefined);
    let asset = loaded.get(name);
    if (asset === undefined) {
      asset = load(folders, name, contentType);
      loaded.set(name, asset);
      // A missing file, or a failure, is not remembered; who waits for this very promise still sees it.
      asset.then((found) => found ?? loaded.delete(name), () => loaded.delete(name));
    }
    return asset;
  }
  return { read };
}

async function load(folders: readonly URL[], name: string, contentType: string): Promise<Asset | undefined> {
  for (const folder of folders) {
    try {
      return { bytes: await Deno.readFile(new URL(name, folder)), contentType };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}
