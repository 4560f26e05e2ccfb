/** Run with the permissions of a task: prints what it may do, one JSON object. Starts and changes nothing if refused. */

async function attempt(action: () => unknown): Promise<string> {
  try {
    await action();
    return "allowed";
  } catch (error) {
    return error instanceof Error ? error.constructor.name : String(error);
  }
}

const found = {
  run: await attempt(() =>
    new Deno.Command(Deno.execPath(), { args: ["--version"], stdout: "null" }).output()
  ),
  ffi: await attempt(() => Deno.dlopen("./no_such_library.so", {})),
  sys: await attempt(() => Deno.hostname()),
  env: await attempt(() => Deno.env.get("HOME")),
  ownEnv: await attempt(() => Deno.env.get("VOXCAST_PORT")),
  aliasEnv: await attempt(() => Deno.env.get("MFN_API_KEY") ?? Deno.env.get("METRICS_SAMPLE_SIZE")),
  nearAliasEnv: await attempt(() => Deno.env.get("METRICS_SAMPLE_RATE")),
  writeProject: await attempt(() => Deno.writeTextFile("written_by_probe.txt", "")),
  writeSource: await attempt(() => Deno.writeTextFile("src/data", "")),
  writeAbove: await attempt(() => Deno.writeTextFile("data/../written_by_probe.txt", "")),
  writeData: (await Deno.permissions.query({ name: "write", path: "./data" })).state,
  readProject: await attempt(() => Deno.readTextFile("deno.json")),
  readOutside: await attempt(() => Deno.readTextFile("/etc/hostname")),
  netLoopback: (await Deno.permissions.query({ name: "net", host: "127.0.0.1:7090" })).state,
  netOutside: await attempt(() => fetch("http://192.0.2.1/", { signal: AbortSignal.timeout(100) })),
  import: await attempt(() => import("https://example.org/x.ts" + "")),
};

// deno-lint-ignore no-console
console.log(JSON.stringify(found));
