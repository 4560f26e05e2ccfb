/**
 * What a test needs beyond reading the project: permissions and programs. Nothing here ever asks the person at the
 * terminal: permissions are queried, not requested. What is lacking makes a test ignored, with the reason in its name;
 * with VOXCAST_TEST_STRICT=1 it makes the test fail.
 *
 * ```ts
 * const need = await needs({ net: "127.0.0.1" }, { write: "tmp" });
 * testWith(need, "a second client sees the same world", async () => { ... });
 * ```
 */

/** One thing that must be there. `true` means the whole kind, without a list. */
export type Requirement =
  | { readonly net: string | true }
  /** `"tmp"` stands for the folder of `Deno.makeTempDir`. */
  | { readonly read: string | true }
  | { readonly write: string | true }
  | { readonly env: string | true }
  | { readonly sys: true }
  /** Permission to start a program, and the program itself. `"deno"` is this very runtime. */
  | { readonly run: string }
  /** The program itself, known by name or by what it must be able to do. Includes the permission to start it. */
  | { readonly command: string }
  /** A WebGPU adapter, software ones too. Takes no permission. */
  | { readonly gpu: true };

export interface Need {
  readonly ignore: boolean;
  /** Why, if `ignore`; several reasons are joined with "; ". */
  readonly reason?: string;
}

type TestFunction = (context: Deno.TestContext) => void | Promise<void>;
type TestOptions = Omit<Deno.TestDefinition, "fn" | "name" | "ignore">;

/** Name of the task that grants what the tests need; shown beside each reason. */
export const FULL_TASK = "deno task test";
const STRICT_VARIABLE = "VOXCAST_TEST_STRICT";

/** Where a program may be, and the arguments that prove it is usable. First one that answers wins. */
const PROGRAMS: Readonly<
  Record<string, { readonly paths: readonly string[]; readonly probe: readonly string[] }>
> = {
  chromium: {
    paths: ["/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome"],
    probe: ["--version"],
  },
  /** A Python that has the websockets package. */
  python3: { paths: ["/usr/bin/python3", "python3"], probe: ["-c", "import websockets"] },
  node: { paths: ["node"], probe: ["--version"] },
};
const found = new Map<string, Promise<string | undefined>>();
let adapter: Promise<GPUAdapter | null> | undefined;

/** Looks at each requirement and says whether all are met. Never prompts. */
export async function needs(...requirements: readonly Requirement[]): Promise<Need> {
  const reasons: string[] = [];
  for (const requirement of requirements) {
    const reason = await lack(requirement);
    if (reason !== undefined) reasons.push(reason);
  }
  return reasons.length === 0 ? { ignore: false } : { ignore: true, reason: reasons.join("; ") };
}

/** Registers a test that runs if `need` is met, else is ignored with the reason in its name, or fails in strict mode. */
export function testWith(need: Need, name: string, fn: TestFunction, options: TestOptions = {}): void {
  Deno.test(plannedTest(need, name, fn, options, isStrict()));
}

/** The definition that `testWith` registers; apart, so that a test can look at it. */
export function plannedTest(
  need: Need,
  name: string,
  fn: TestFunction,
  options: TestOptions,
  strict: boolean,
): Deno.TestDefinition {
  if (!need.ignore) return { ...options, name, fn };
  const reason = need.reason ?? "something it needs is lacking";
  if (!strict) {
    return { ...options, name: `${name} (ignored: ${reason}; run ${FULL_TASK})`, ignore: true, fn };
  }
  return {
    name,
    fn: () => {
      throw new Error(
        `Cannot run this test: ${reason} (${STRICT_VARIABLE}=1 turns ignored into failed; run ${FULL_TASK})`,
      );
    },
  };
}

/** Whether lacking requirements fail (VOXCAST_TEST_STRICT=1). Without permission to read that variable: no. */
export function isStrict(): boolean {
  const state = Deno.permissions.querySync({ name: "env", variable: STRICT_VARIABLE }).state;
  return state === "granted" && Deno.env.get(STRICT_VARIABLE) === "1";
}

/** Path of a program that met `{ command: name }` or `{ run: name }`, for `new Deno.Command(...)`. */
export async function commandPath(name: string): Promise<string> {
  const path = await findCommand(name);
  if (path === undefined) throw new Error(`The program ${name} is not on this machine`);
  return path;
}

async function lack(requirement: Requirement): Promise<string | undefined> {
  if ("command" in requirement) return await lackOfCommand(requirement.command);
  if ("run" in requirement) return await lackOfCommand(requirement.run);
  if ("gpu" in requirement) return await lackOfAdapter();
  const descriptor = describe(requirement);
  const { state } = await Deno.permissions.query(descriptor);
  if (state === "granted") return undefined;
  const [kind, value] = Object.entries(requirement)[0] as [string, string | true];
  return `needs --allow-${kind}${value === true ? "" : `=${value}`}`;
}

function describe(
  requirement: Exclude<Requirement, { command: string } | { run: string } | { gpu: true }>,
): Deno.PermissionDescriptor {
  if ("net" in requirement) return withValue("net", "host", requirement.net);
  if ("env" in requirement) return withValue("env", "variable", requirement.env);
  if ("read" in requirement) return withValue("read", "path", folder(requirement.read));
  if ("write" in requirement) return withValue("write", "path", folder(requirement.write));
  return { name: "sys" };
}

function withValue(name: string, field: string, value: string | true): Deno.PermissionDescriptor {
  return (value === true ? { name } : { name, [field]: value }) as Deno.PermissionDescriptor;
}

function folder(path: string | true): string | true {
  return path === "tmp" ? temporaryFolder() : path;
}

function temporaryFolder(): string {
  for (const variable of ["TMPDIR", "TMP", "TEMP"]) {
    const { state } = Deno.permissions.querySync({ name: "env", variable });
    const folder = state === "granted" ? Deno.env.get(variable) : undefined;
    if (folder !== undefined && folder !== "") return folder;
  }
  return Deno.build.os === "windows" ? "C:\\Windows\\Temp" : "/tmp";
}

async function lackOfAdapter(): Promise<string | undefined> {
  adapter ??= Promise.resolve(navigator.gpu?.requestAdapter() ?? null);
  return await adapter === null ? "no WebGPU adapter (install mesa-vulkan-drivers)" : undefined;
}

async function lackOfCommand(name: string): Promise<string | undefined> {
  const paths = candidates(name);
  const states = await Promise.all(paths.map((command) => Deno.permissions.query({ name: "run", command })));
  if (!states.some(({ state }) => state === "granted")) return `needs --allow-run=${name}`;
  if (await findCommand(name) !== undefined) return undefined;
  return name === "python3"
    ? "no python3 with the websockets package on this machine"
    : `no ${name} on this machine`;
}

function candidates(name: string): readonly string[] {
  return name === "deno" ? [Deno.execPath()] : PROGRAMS[name]?.paths ?? [name];
}

function findCommand(name: string): Promise<string | undefined> {
  let path = found.get(name);
  if (path === undefined) {
    path = probeAll(name);
    found.set(name, path);
  }
  return path;
}

async function probeAll(name: string): Promise<string | undefined> {
  if (name === "deno") return Deno.execPath();
  const args = PROGRAMS[name]?.probe ?? ["--version"];
  for (const path of candidates(name)) {
    const { state } = await Deno.permissions.query({ name: "run", command: path });
    if (state === "granted" && await answers(path, args)) return path;
  }
  return undefined;
}

async function answers(path: string, args: readonly string[]): Promise<boolean> {
  try {
    const command = new Deno.Command(path, {
      args: [...args],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    return (await command.output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}
