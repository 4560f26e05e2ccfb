/** A server for a process that may open few files: prints its port, then the events of its log. */
import { Listener } from "../../src/http/mod.ts";
import { createLogger, systemClock } from "../../src/observe/mod.ts";

const encoder = new TextEncoder();

function print(text: string): void {
  Deno.stdout.writeSync(encoder.encode(`${text}\n`));
}

function answer(request: Request): Response {
  if (request.headers.get("upgrade") === null) return new Response("here");
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onmessage = ({ data }) => socket.send(data);
  return response;
}

const listener = new Listener({
  serve: (port) => Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, answer),
  port: 0,
  clock: systemClock,
  logger: createLogger({
    level: "info",
    format: "json",
    write: (line) => print(JSON.parse(line).event),
    clock: systemClock,
  }),
});
print(String(listener.addr.port));
