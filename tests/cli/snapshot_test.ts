import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import { PNG } from "pngjs";
import { EXIT_CODE, type ExitCode } from "../../src/cli/exit_code.ts";
import { runSnapshot } from "../../src/cli/snapshot.ts";
import type { SnapshotOptions } from "../../src/cli/snapshot_arguments.ts";
import { systemClock } from "../../src/observe/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { needs, testWith } from "../support/needs.ts";
import { DEER_VOX } from "../support/real_models.ts";
import { capturedIo } from "./captured_io.ts";

const need = await needs({ read: true });
const PIXEL = new Uint8Array(PNG.sync.write(new PNG({ width: 3, height: 2 })));

function picture(): Response {
  return new Response(PIXEL, { headers: { "content-type": "image/png" } });
}

function problem(
  status: number,
  fields: Record<string, unknown>,
  headers: Record<string, string> = {},
): Response {
  return Response.json(fields, {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}

interface Ran {
  readonly code: ExitCode;
  readonly out: string;
  readonly error: string;
  readonly asked: { readonly url: URL; readonly headers: Headers }[];
  readonly written: Map<string, Uint8Array>;
}

/** Runs the command against answers that are given one after the other. */
async function run(
  options: SnapshotOptions,
  answers: (() => Response)[] = [picture],
  { check, write, clock = new ManualClock(), signal, isTerminal = false }: {
    readonly check?: () => Promise<void>;
    readonly write?: () => Promise<void>;
    readonly clock?: ManualClock;
    readonly signal?: AbortSignal;
    readonly isTerminal?: boolean;
  } = {},
): Promise<Ran> {
  const io = capturedIo(isTerminal);
  const asked: { url: URL; headers: Headers }[] = [];
  const written = new Map<string, Uint8Array>();
  const code = await runSnapshot(options, io, {
    clock,
    fetch: (url, { headers }) => {
      asked.push({ url, headers: new Headers(headers) });
      return Promise.resolve((answers[asked.length - 1] ?? answers.at(-1)!)());
    },
    place: {
      check: () => check?.() ?? Promise.resolve(),
      write: (path, bytes) => write?.() ?? Promise.resolve(void written.set(path, bytes)),
    },
    ...(signal === undefined ? {} : { signal }),
  });
  return { code, asked, written, ...io.text };
}

Deno.test("a picture of a server is asked for as the options say, with the key, and written", async () => {
  const { code, out, error, asked, written } = await run({
    out: "x.png",
    server: "example.org:7090",
    world: "castle",
    key: "a-long-enough-key",
    eye: "1, -2.5,3e2",
    lookAt: "0,0,0",
    fovY: "0.9",
    width: "100",
    height: "50",
    kind: "esvt",
    lod: "2",
  });
  assertEquals([code, error], [EXIT_CODE.OK, ""]);
  const { url, headers } = asked[0]!;
  assertEquals([url.origin, url.pathname], ["http://example.org:7090", "/api/worlds/castle/snapshot.png"]);
  assertEquals(Object.fromEntries(url.searchParams), {
    eye: "1,-2.5,3e2",
    lookAt: "0,0,0",
    fovY: "0.9",
    width: "100",
    height: "50",
    kind: "esvt",
    lod: "2",
  });
  assertEquals(headers.get("authorization"), "Bearer a-long-enough-key");
  assertEquals(written.get("x.png"), PIXEL);
  assertMatch(out, /^Wrote x\.png: 3 x 2 pixels, \d+ bytes, in /);
});

Deno.test("with nothing but --out the world of the demo is asked for as it is; - writes nothing but the picture", async () => {
  const { code, out, asked, written } = await run({ out: "-" });
  assertEquals([code, out], [EXIT_CODE.OK, ""]);
  assertEquals(asked[0]!.url.href, "http://127.0.0.1:7090/api/worlds/main/snapshot.png?");
  assertEquals(asked[0]!.headers.get("authorization"), null);
  assertEquals([...written.keys()], ["-"]);
});

Deno.test("a command line that cannot be meant is refused with the option and what it should be", async () => {
  const out = "x.png";
  const cases: [SnapshotOptions, string][] = [
    [{}, "snapshot needs --out FILE.png"],
    [{ out: "" }, "snapshot needs --out FILE.png"],
    [{ out, eye: "1,2,3" }, "--eye and --look-at belong together"],
    [{ out, eye: "1,2", lookAt: "0,0,0" }, '--eye must be three numbers x,y,z, got "1,2"'],
    [{ out, eye: "1,2,NaN", lookAt: "0,0,0" }, "--eye must be three numbers"],
    [{ out, fovY: "wide" }, '--fov-y must be a number of radians such as 0.9, got "wide"'],
    [{ out, width: "0" }, "--width must be a whole number from 1"],
    [{ out, height: "1.5" }, "--height must be a whole number from 1"],
    [{ out, lod: "-1" }, "--lod must be a whole number from 0"],
    [{ out, kind: "cubes" }, "--kind must be esvo or esvt"],
    [{ out, world: "Not A World" }, "--world must be 1 to 64 lower-case letters"],
    [{ out, server: "ftp://x" }, "--server must be an http or https address"],
    [{ out, resolution: "64" }, "--resolution is for a model file"],
    [{ out, file: "x.vox", server: "localhost" }, "--server is for a picture of a server"],
    [{ out, file: "x.vox", resolution: "many" }, "--resolution must be a whole number"],
    [{ out, file: "x.vox", up: "x" }, "--up must be y or z"],
  ];
  for (const [options, message] of cases) {
    const { code, error, asked } = await run(options);
    assertEquals([code, asked.length], [EXIT_CODE.USAGE, 0]);
    assertStringIncludes(error, message);
  }
});

Deno.test("a server that is busy or still builds is asked again when it says so, and the reason is told once", async () => {
  const clock = new ManualClock();
  const busy = () =>
    problem(503, {
      code: "BUSY",
      detail: "3 of the 9 regions in view are not built yet",
      retry_after_ms: 2000,
    });
  const running = run({ out: "x.png" }, [busy, busy, picture], { clock });
  await clock.advanceAsync(1999);
  await clock.advanceAsync(1);
  await clock.advanceAsync(2000);
  const { code, error, asked } = await running;
  assertEquals([code, asked.length], [EXIT_CODE.OK, 3]);
  assertEquals(error, "Waiting: 3 of the 9 regions in view are not built yet\n");
});

Deno.test("what a server refuses, and what is no picture, is told and nothing is written", async () => {
  const cases: [() => Response, string][] = [
    [
      () => problem(404, { code: "WORLD_NOT_FOUND", detail: "There is no world x" }),
      "refuses: There is no world x",
    ],
    [() => problem(401, { code: "UNAUTHORIZED", detail: "A key is needed" }), "Give its API key with --key"],
    [() => problem(400, { code: "INVALID_VIEWPORT", detail: "fovY must be" }), "refuses: fovY must be"],
    [
      () => new Response("<html>", { headers: { "content-type": "text/html" } }),
      "answers like no Voxcast server",
    ],
    [() => {
      throw new TypeError("refused");
    }, "Cannot reach a server at http://127.0.0.1:7090"],
  ];
  for (const [answer, message] of cases) {
    const { code, error, written } = await run({ out: "x.png" }, [answer]);
    assertEquals([code, written.size], [EXIT_CODE.FAILED, 0]);
    assertStringIncludes(error, message);
  }
});

Deno.test("what keeps the picture from being written is told with what to do", async () => {
  const cases: [Error, string][] = [
    [new Deno.errors.NotCapable("x"), "into the project's folder only; --out - writes to standard output"],
    [new Deno.errors.NotFound("x"), "Cannot write a/x.png: there is no such folder"],
    [new Deno.errors.PermissionDenied("x"), "the system does not allow it"],
    [new Deno.errors.IsADirectory("x"), "it is a folder"],
    [new Error("No space left on device"), "Cannot write a/x.png: No space left on device"],
  ];
  for (const [error, message] of cases) {
    const late = await run({ out: "a/x.png" }, [picture], { write: () => Promise.reject(error) });
    assertEquals([late.code, late.asked.length], [EXIT_CODE.FAILED, 1]);
    assertStringIncludes(late.error, message);
    // Known before: no picture is made for nothing.
    const early = await run({ out: "a/x.png" }, [picture], { check: () => Promise.reject(error) });
    assertEquals([early.code, early.asked.length, early.error], [EXIT_CODE.FAILED, 0, late.error]);
  }
});

Deno.test("a stop while it waits ends it, and nothing is written", async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const busy = () => problem(429, { code: "BUSY", detail: "busy" });
  const running = run({ out: "x.png" }, [busy], { clock, signal: controller.signal });
  await clock.advanceAsync(1);
  controller.abort(new DOMException("Stopped", "AbortError"));
  const { code, error, written } = await running;
  assertEquals([code, written.size], [EXIT_CODE.FAILED, 0]);
  assertStringIncludes(error, "Stopped; no picture was written");
  assertEquals(clock.pending, 0);
});

/** The command on a model file, for real. */
async function pictured(
  options: SnapshotOptions,
): Promise<{ code: ExitCode; error: string; png: PNG | undefined }> {
  const io = capturedIo();
  let png: PNG | undefined;
  const code = await runSnapshot({ out: "x.png", ...options }, io, {
    clock: systemClock,
    fetch: () => Promise.reject(new Error("No server is asked")),
    place: {
      check: () => Promise.resolve(),
      write: (_path, bytes) => {
        png = PNG.sync.read(Buffer.from(bytes));
        return Promise.resolve();
      },
    },
  });
  return { code, error: io.text.error, png };
}

testWith(need, "a model file is pictured without a server, in both kinds", async () => {
  for (const kind of ["esvo", "esvt"]) {
    const { code, error, png } = await pictured({ file: DEER_VOX, width: "60", height: "40", kind });
    assertEquals([code, error], [EXIT_CODE.OK, ""]);
    const at = (x: number, y: number) => [...png!.data.subarray(4 * (y * 60 + x), 4 * (y * 60 + x) + 3)];
    const corners = [[0, 0], [59, 0]].map(([x, y]) => at(x!, y!));
    // Sky is blue or grey; a deer is brown.
    for (const [r, , b] of corners) assert(b! >= r!, `${corners}`);
    let browns = 0;
    for (let y = 10; y < 30; y++) {
      for (let x = 15; x < 45; x++) if (at(x, y)[0]! > at(x, y)[2]! + 20) browns++;
    }
    assert(browns > 20, `${browns} brown pixels`);
  }
});

testWith(need, "a model file that cannot be read or pictured is told by its name", async () => {
  const absent = await pictured({ file: "no-such-file.vox" });
  assertEquals([absent.code, absent.png], [EXIT_CODE.FAILED, undefined]);
  assertStringIncludes(absent.error, "no-such-file.vox");
  const noModel = await pictured({ file: "deno.json" });
  assertEquals(noModel.code, EXIT_CODE.FAILED);
  assertStringIncludes(noModel.error, "deno.json: ");
  const tooWide = await pictured({ file: DEER_VOX, width: "99999" });
  assertEquals(tooWide.code, EXIT_CODE.FAILED);
  assertEquals(tooWide.error, "deer.vox: width: expected a whole number of pixels from 1 to 3840\n");
});
