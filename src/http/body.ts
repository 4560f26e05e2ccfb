import { VoxcastError } from "../protocol/mod.ts";
import { HttpError } from "./problem.ts";

/**
 * The runtime inflates a piece whole before it hands anything out, up to a thousand times its size; so it is fed in
 * pieces of this size, and what is held at once stays near 4 MiB.
 */
const INFLATE_PIECE_BYTES = 4096;

/** How {@linkcode readBody} reads. */
export interface BodyRule {
  /** Limit of what is read from the socket, and of what that inflates to. */
  readonly maxBytes: number;
  /** Media types that are accepted, in lower case; `+json` stands for every type that ends so. */
  readonly mediaTypes: readonly string[];
  /** Media types that the route reads in another way; only named when another one is refused. */
  readonly alsoTaken?: readonly string[];
}

/**
 * Reads a body up to a limit, inflating it if it came with `Content-Encoding: gzip`. The limit is enforced while
 * reading, so neither a body without a length nor a small body that inflates without end is ever held in memory.
 *
 * @throws {VoxcastError} UNSUPPORTED_MEDIA for the wrong media type or coding, PAYLOAD_TOO_LARGE, INVALID_BODY if the
 * body breaks off or is not gzip
 */
export async function readBody(request: Request, rule: BodyRule): Promise<Uint8Array<ArrayBuffer>> {
  requireMediaType(request, rule);
  const gzip = isGzip(request.headers.get("content-encoding"));
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > rule.maxBytes) throw tooLarge(rule.maxBytes);
  if (request.body === null) return new Uint8Array(0);
  const raw = request.body.pipeThrough(limit(rule.maxBytes, gzip ? INFLATE_PIECE_BYTES : Infinity));
  if (!gzip) return await collect(raw, rule.maxBytes, "The body broke off");
  const inflated = raw.pipeThrough(new DecompressionStream("gzip"));
  return await collect(inflated, rule.maxBytes, "The body is not whole gzip data");
}

/** The media type of a request without its parameters, in lower case; empty if it has none. */
export function mediaType(request: Request): string {
  return (request.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
}

function requireMediaType(request: Request, { mediaTypes, alsoTaken = [] }: BodyRule): void {
  const given = mediaType(request);
  const fits = mediaTypes.some((type) =>
    type === given || (type === "+json" && /^[^/]+\/[^/]+\+json$/.test(given))
  );
  if (fits) return;
  const names = [...mediaTypes, ...alsoTaken].filter((type) => type !== "+json").join(", ");
  const found = given === "" ? "no content type" : "another content type";
  throw new HttpError("UNSUPPORTED_MEDIA", `The body must be ${names}, the request has ${found}`, {
    headers: { accept: names },
  });
}

function isGzip(coding: string | null): boolean {
  const name = coding?.trim().toLowerCase() ?? "identity";
  if (name === "identity" || name === "") return false;
  if (name === "gzip" || name === "x-gzip") return true;
  throw new HttpError("UNSUPPORTED_MEDIA", "The only content coding accepted here is gzip", {
    headers: { "accept-encoding": "gzip" },
  });
}

/** Passes at most `maxBytes` on, in pieces of at most `pieceBytes`. */
function limit(
  maxBytes: number,
  pieceBytes: number,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller): void {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      if (chunk.byteLength <= pieceBytes) controller.enqueue(chunk);
      else {
        for (let start = 0; start < chunk.byteLength; start += pieceBytes) {
          controller.enqueue(chunk.subarray(start, start + pieceBytes));
        }
      }
    },
  });
}

async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  maxBytes: number,
  broken: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof VoxcastError ? error : new VoxcastError("INVALID_BODY", broken, { cause: error });
  }
  return join(chunks, bytes);
}

function join(chunks: readonly Uint8Array[], bytes: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytes);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

function tooLarge(maxBytes: number): VoxcastError {
  return new VoxcastError("PAYLOAD_TOO_LARGE", `The body is larger than ${maxBytes} bytes`);
}
