/**
 * Clients in a process of their own: raw sockets that register if they are told how, and throw away what comes. Prints a
 * line when all are there, and for each line that it is sent the bytes that came and the processor time that this took.
 *
 * usage: deno run -A bench/support/fanout_clients.ts PORT SOCKETS [MESSAGE]
 */
import process from "node:process";
import { encodeFrame, OPCODE } from "../../tests/integration/raw_frame.ts";
import { RawSocket } from "../../tests/integration/raw_socket.ts";
import { answerLines, printLine } from "../../tests/prove/line_process.ts";
import type { FanoutClients } from "./fanout.ts";

const [port, sockets, message] = Deno.args;
let bytes = 0;
for (let i = 0; i < Number(sockets); i++) {
  const socket = await RawSocket.connect(Number(port));
  if (message !== undefined) {
    await socket.write(encodeFrame({ opcode: OPCODE.TEXT, payload: message }));
    await socket.readFrame();
  }
  void read(socket);
}
await printLine({ open: Number(sockets) });
await answerLines((): FanoutClients => {
  const { user, system } = process.cpuUsage();
  return { bytes, cpuMs: (user + system) / 1000 };
});

async function read(socket: RawSocket): Promise<void> {
  for (let some = await socket.readBytes(); some !== undefined; some = await socket.readBytes()) {
    bytes += some.length;
  }
}
