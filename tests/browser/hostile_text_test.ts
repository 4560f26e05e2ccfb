import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { visibleText } from "../../src/protocol/mod.ts";
import { RunningServer } from "../integration/running_server.ts";
import { INVISIBLE, UNSEEN_TEXTS } from "../support/hostile_text.ts";
import { waitFor } from "../support/wait_for.ts";
import { browserTest, type ViewerTab } from "./viewer_fixture.ts";

/** Would run if it were taken for markup, would turn its line around, and has what no eye sees. */
const HOSTILE =
  `<img src=x onerror="globalThis.pwned=1"><script>globalThis.pwned=2</script>\u202egnp\u2066\0\x1b[31m`;
/** The same for a close frame, whose reason has at most 123 bytes. */
const SHORT = `<img src=x onerror=globalThis.pwned=3>\u202egnp\u200b`;
const BOUNDS = { min: [0, 0, 0], max: [1024, 1024, 1024] };

/** A server of ours whose socket says whatever it likes; pages and files are the real server's. */
class HostileServer implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #sockets = new Set<WebSocket>();

  constructor(real: RunningServer) {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      if (request.headers.get("upgrade") === "websocket") return this.#upgrade(request);
      const { pathname, search } = new URL(request.url);
      return fetch(new URL(pathname.slice(1) + search, real.url), {
        headers: { "accept-encoding": "identity" },
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** Says something to every page that is connected. */
  say(type: string, data: unknown, more: object = {}): void {
    for (const socket of this.#sockets) socket.send(JSON.stringify({ type, timestamp: 0, data, ...more }));
  }

  close(code: number, reason: string): void {
    for (const socket of this.#sockets) socket.close(code, reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close(1001, "");
    await this.#server.shutdown();
  }

  #upgrade(request: Request): Response {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => this.#sockets.add(socket);
    socket.onclose = () => this.#sockets.delete(socket);
    socket.onmessage = ({ data }) => {
      const { type, id, data: fields } = JSON.parse(data);
      const ref = id ?? fields?.id;
      if (type === "INIT") {
        this.say("INIT", {
          "protocol_version": "1.0",
          session: HOSTILE,
          "server_time_ms": 0,
          "server_version": HOSTILE,
          ref,
        });
      }
      if (type === "REGISTER_CLIENT") this.say("REGISTERED", { ...REGISTERED, ref });
    };
    return response;
  }
}

const REGISTERED = {
  protocol: 1,
  world: HOSTILE,
  session: HOSTILE,
  epoch: 1,
  bounds: BOUNDS,
  level: 4,
  depth: 6,
  kind: "esvo",
  codecs: [2],
  "lod_thresholds": [100, 300, 700],
  "content_bounds": null,
  limits: JSON.parse('{"__proto__":{"pwned":1}}'),
};

/** Checks that nothing on the page was taken for more than text, and that every character of it is seen. */
async function assertHarmless(tab: ViewerTab): Promise<void> {
  assertEquals(await tab.page.evaluate("globalThis.pwned"), undefined, "a script has run");
  assertEquals(await tab.page.evaluate("document.scripts.length"), 1);
  assertEquals(await tab.page.evaluate("document.images.length"), 0);
  assertEquals(await tab.page.evaluate("Object.prototype.pwned"), undefined);
  const shown = await tab.page.evaluate<string>("document.title + document.body.textContent");
  const unseen = INVISIBLE.exec(shown.replaceAll(/[\n\t]/g, ""));
  assertEquals(unseen, null);
}

browserTest("hostile text on the page", {
  "a world's hostile name in the address is shown as text, whole, and runs nothing": async (browser) => {
    await using server = await RunningServer.start();
    const tab = await browser.open(server.url);
    for (
      const name of [
        HOSTILE,
        ...Object.values(UNSEEN_TEXTS).filter((text) => text.isWellFormed()).slice(0, 3),
      ]
    ) {
      await tab.page.goto(`${server.url}?world=${encodeURIComponent(name)}`);
      await tab.until("the world is refused", ({ state }) => state === "failed");
      await assertHarmless(tab);
      const shown = await tab.page.evaluate<string>("document.body.textContent");
      assertStringIncludes(shown, visibleText(name).slice(0, 40));
    }
  },
  "whatever a server says of its world, of errors and of closing is shown as text and runs nothing": async (
    browser,
  ) => {
    await using real = await RunningServer.start();
    await using hostile = new HostileServer(real);
    const tab = await browser.open(hostile.url);
    const text = (id: string) => tab.page.evaluate<string>(`document.getElementById("${id}").textContent`);

    await tab.notice("This world is empty");
    assertEquals(await text("world"), visibleText(HOSTILE));
    assertEquals(await tab.page.title(), `${visibleText(HOSTILE)} - Voxcast`);
    assertStringIncludes(await text("notice-command"), visibleText(HOSTILE));
    await assertHarmless(tab);

    hostile.say("ERROR", { code: HOSTILE, message: HOSTILE, retryable: true }, { message: HOSTILE });
    await waitFor(async () => (await text("problem")).includes("<script>"), {
      what: "the error to be shown",
    });
    assertStringIncludes(await text("problem"), visibleText(HOSTILE));
    await assertHarmless(tab);

    await tab.listen();
    hostile.close(4999, SHORT);
    await waitFor(
      async () => (await tab.said()).some((said) => said.includes(visibleText(SHORT))),
      { what: "the page to say why the server closed" },
    );
    await assertHarmless(tab);
    assert((await tab.said()).every((said) => !INVISIBLE.test(said.replaceAll(/[\n\t]/g, ""))));
  },
});
