import process from "node:process";
import type { Clock } from "../../observe/mod.ts";
import type { ServerClient } from "../server_client.ts";
import type { LoadArguments } from "./load_arguments.ts";
import { ConnectionTally, LoadConnection } from "./load_connection.ts";
import type { LoadReport } from "./load_report.ts";
import { Problems } from "./problems.ts";
import { PutOff } from "./put_off.ts";
import { Samples } from "./samples.ts";
import { addsUp, readLedger, since } from "./server_ledger.ts";
import { SocketOpener } from "./socket_opener.ts";
import type { LoadClient, Workload, WorkloadContext } from "./workload.ts";

/** What a run works with. */
export interface LoadRunOptions {
  readonly given: LoadArguments;
  readonly server: ServerClient;
  readonly clock: Clock;
  /** Time that clients have in the end to be sent what they lack; 10 s unless told. */
  readonly restTimeoutMs?: number;
  /** Aborted when the run is to end early. */
  readonly signal?: AbortSignal;
  readonly tell: (text: string) => void;
  readonly createWorkload: (context: WorkloadContext) => Workload;
}

/** The one timer of a run. */
const TICK_MS = 10;
const PROGRESS_MS = 2000;
/** Time that the last sockets have to open. */
const OPEN_TIMEOUT_MS = 10_000;
/** The same if the server takes newcomers in slowly. */
const PUT_OFF_TIMEOUT_MS = 60_000;
/** A socket that did not open, for whatever reason. */
const NOT_OPENED = 1006;
const REST_TIMEOUT_MS = 10_000;
/** Time that sockets have to close, and the server to take note of it. */
const CLOSE_TIMEOUT_MS = 3000;

/** What to do about refusals, by close code. */
const ADVICE: Readonly<Record<number, string>> = {
  4001: "the server has as many clients as it accepts (streaming.maxClientsPerServer)",
  4003: "the credential was not taken; give one with --key or --token",
  4005: "the world has as many clients as it accepts (limits.maxClientsPerWorld)",
  4008: "this credential is banned for a while",
  4009: "the client did not read fast enough; this machine may be too slow for so many",
};

/** One load: opens clients little by little, lets them work, comes to rest, compares, and says what came of it. */
export class LoadRun {
  readonly #options: LoadRunOptions;
  readonly #tally = new ConnectionTally();
  readonly #problems = new Problems();
  readonly #late = new Samples();
  readonly #connections: LoadConnection[] = [];
  readonly #opener: SocketOpener;
  readonly #putOff: PutOff;
  /** Why the server refuses sockets, by code; asked for while it does, as later nothing may stand against them. */
  readonly #explained = new Map<number, Promise<string | undefined>>();
  #begun = 0;
  #opening = 0;

  constructor(options: LoadRunOptions) {
    this.#options = options;
    this.#opener = new SocketOpener(options.given, options.server);
    this.#putOff = new PutOff({ clock: options.clock, explain: () => this.#opener.explain("render") });
  }

  /** Runs. @throws {ServerError} if the server cannot be used at all */
  async run(): Promise<LoadReport> {
    const { given, server, clock, tell, createWorkload } = this.#options;
    const { grid, content } = await server.world();
    const workload = createWorkload({
      given,
      server,
      grid,
      content: content ?? grid.bounds,
      clock,
      problems: this.#problems,
      restTimeoutMs: this.#options.restTimeoutMs ?? REST_TIMEOUT_MS,
      tell,
    });
    await workload.prepare();
    const before = await readLedger(server);
    const cpuBefore = process.cpuUsage();
    const startMs = clock.monotonic();
    let numbers;
    try {
      await this.#work(workload);
      tell("Comparing with the server ...");
      await this.#finish(workload);
    } finally {
      numbers = workload.numbers();
      await this.#leave();
    }
    const { user, system } = process.cpuUsage(cpuBefore);
    const elapsedSeconds = (clock.monotonic() - startMs) / 1000;
    const after = await readLedger(server);
    if (after !== undefined && !addsUp(after)) {
      this.#problems.add("ledger", `the server's ledger does not add up: ${JSON.stringify(after)}`);
    }
    const late = this.#putOff.giveUp();
    if (late > 0) this.#tally.refuse(NOT_OPENED, late);
    await this.#checkConnections();
    const problems = this.#problems.list();
    const { workload: name, clients, ramp, seconds, path, rate, edits, features, world } = given;
    return {
      ok: problems.length === 0,
      load: { workload: name, clients, ramp, seconds, path, rate, edits, features, world },
      connections: {
        asked: this.#tally.asked,
        opened: this.#tally.opened,
        putOff: this.#putOff.count,
        refused: ConnectionTally.sum(this.#tally.refused),
        lost: ConnectionTally.sum(this.#tally.lost),
        refusedBy: Object.fromEntries(this.#tally.refused),
        lostBy: Object.fromEntries(this.#tally.lost),
      },
      numbers,
      ledger: after === undefined ? null : since(after, before ?? {}),
      tool: {
        cpuSeconds: (user + system) / 1e6,
        cpuShare: (user + system) / 1e6 / elapsedSeconds,
        timerLateP99Ms: this.#late.summary().p99Ms,
      },
      problems,
    };
  }

  /** Opens the clients and lets them work until the time is over, or the run is to end. */
  async #work(workload: Workload): Promise<void> {
    const { clock, given, signal } = this.#options;
    const startMs = clock.monotonic();
    let fullMs: number | undefined;
    let progressMs = startMs;
    while (!signal?.aborted) {
      const dueMs = clock.monotonic() + TICK_MS;
      await new Promise<void>((resolve) => clock.setTimeout(resolve, TICK_MS));
      const nowMs = clock.monotonic();
      this.#late.add(Math.max(0, nowMs - dueMs));
      this.#openDue(workload, nowMs, nowMs - startMs);
      const allAskedMs = startMs + given.clients / given.ramp * 1000;
      const timeoutMs = this.#putOff.count === 0 ? OPEN_TIMEOUT_MS : PUT_OFF_TIMEOUT_MS;
      const isFull = this.#begun === given.clients && this.#opening === 0 &&
        (this.#tally.pending === 0 || nowMs > allAskedMs + timeoutMs);
      if (isFull) fullMs ??= nowMs;
      this.#tick(workload, nowMs, fullMs !== undefined);
      this.#explainRefusals();
      if (nowMs - progressMs >= PROGRESS_MS) {
        progressMs = nowMs;
        this.#tellProgress(workload, nowMs, fullMs);
      }
      if (fullMs !== undefined && (nowMs - fullMs >= given.seconds * 1000 || this.#tally.open === 0)) return;
    }
  }

  #openDue(workload: Workload, nowMs: number, elapsedMs: number): void {
    const { clients, ramp } = this.#options.given;
    const due = Math.min(clients, 1 + Math.floor(elapsedMs / 1000 * ramp));
    while (this.#begun < due) void this.#open(workload.client(this.#begun++), true);
    for (const client of this.#putOff.takeDue(nowMs)) void this.#open(client, false);
  }

  async #open(client: LoadClient, isFirst: boolean): Promise<void> {
    this.#opening++;
    try {
      const socket = await this.#opener.open(client.path);
      if (isFirst) this.#tally.asked++;
      const connection = new LoadConnection(client, socket, {
        tally: this.#tally,
        now: () => this.#options.clock.monotonic(),
        onRefused: (code) => void this.#refused(connection, code),
      });
      this.#connections.push(connection);
    } catch (error) {
      if (!isFirst) this.#tally.refuse(NOT_OPENED);
      this.#problems.add("connections", error instanceof Error ? error.message : String(error));
    } finally {
      this.#opening--;
    }
  }

  /** Nothing is counted of who is to come again. */
  async #refused(connection: LoadConnection, code: number): Promise<void> {
    try {
      if (connection.hasOpened || !(await this.#putOff.takes(connection.client))) this.#tally.refuse(code);
      else this.#connections.splice(this.#connections.indexOf(connection), 1);
    } catch (error) {
      this.#tally.refuse(code);
      this.#problems.add("connections", error instanceof Error ? error.message : String(error));
    }
  }

  #tick(workload: Workload, nowMs: number, isFull: boolean): void {
    for (const { client } of this.#connections) client.tick(nowMs);
    workload.tick(nowMs, isFull);
  }

  #explainRefusals(): void {
    for (const code of this.#tally.refused.keys()) {
      if (code in ADVICE || this.#explained.has(code)) continue;
      this.#explained.set(code, this.#opener.explain("render").then((why) => why?.message));
    }
  }

  #tellProgress(workload: Workload, nowMs: number, fullMs: number | undefined): void {
    const { given, tell } = this.#options;
    const left = fullMs === undefined
      ? "opening"
      : `${Math.ceil(given.seconds - (nowMs - fullMs) / 1000)} s to go`;
    tell(`${this.#tally.open} of ${given.clients} clients, ${left}: ${workload.progress()}`);
  }

  /** Clients go on acknowledging while the workload comes to rest. */
  async #finish(workload: Workload): Promise<void> {
    const { clock } = this.#options;
    let isDone = false;
    const ticking = (async () => {
      while (!isDone) {
        await new Promise<void>((resolve) => clock.setTimeout(resolve, TICK_MS));
        for (const { client } of this.#connections) client.tick(clock.monotonic());
      }
    })();
    try {
      await workload.finish();
    } finally {
      isDone = true;
      await ticking;
    }
  }

  async #leave(): Promise<void> {
    const { clock } = this.#options;
    for (const connection of this.#connections) connection.leave();
    const endMs = clock.monotonic() + CLOSE_TIMEOUT_MS;
    while (clock.monotonic() < endMs && this.#connections.some(({ isClosed }) => !isClosed)) {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, TICK_MS));
    }
  }

  async #checkConnections(): Promise<void> {
    const { refused, lost } = this.#tally;
    for (const [how, codes] of [["refused", refused], ["lost", lost]] as const) {
      for (const [code, count] of codes) {
        const advice = ADVICE[code] ?? await this.#explained.get(code);
        const why = advice === undefined ? "" : `: ${advice}`;
        this.#problems.add(`connections ${how}`, `${count} with ${code}${why}`);
      }
    }
  }
}
