import { ImportError } from "./import_error.ts";
import type { ModelFormat } from "./parsed_model.ts";

/** First bytes of files that people mistake for models, so that the message can say what it really is. */
const OTHER_FILES: readonly (readonly [magic: string, name: string])[] = [
  ["\x89PNG", "a PNG image"],
  ["\xff\xd8\xff", "a JPEG image"],
  ["GIF8", "a GIF image"],
  ["BM", "a BMP image"],
  ["PK\x03\x04", "a ZIP archive"],
  ["%PDF", "a PDF document"],
  ["glTF", "a binary glTF model"],
  ["LASF", "a LAS or LAZ point cloud"],
  ["# .PCD", "a PCD point cloud"],
  ["solid ", "an STL mesh"],
  ["<", "an XML or HTML document"],
  ["{", "a JSON document"],
];

/** What the content says the file is, whatever its name. Throws ImportError UNSUPPORTED_FORMAT. */
export function detectFormat(bytes: Uint8Array): ModelFormat {
  if (startsWith(bytes, "VOX ")) return "vox";
  if (startsWith(bytes, "ply\n") || startsWith(bytes, "ply\r")) return "ply";
  const known = OTHER_FILES.find(([magic]) => startsWith(bytes, magic))?.[1];
  throw new ImportError({
    code: "UNSUPPORTED_FORMAT",
    format: "model",
    offset: 0,
    path: "",
    expected: "a MagicaVoxel (.vox) or PLY (.ply, also gzip) file",
    found: `found ${known ?? (bytes.length === 0 ? "an empty file" : "unknown content")}`,
  });
}

function startsWith(bytes: Uint8Array, magic: string): boolean {
  for (let i = 0; i < magic.length; i++) if (bytes[i] !== magic.charCodeAt(i)) return false;
  return true;
}
