import { keyHeaders, keySubprotocols, storedKey } from "./api_key.ts";
import type { Admission, Socket, SocketEvents } from "./connection_status.ts";

/** Asks the server's own page of facts whether it is there and lets us in. Never rejects. */
export async function askAdmission(): Promise<Admission> {
  try {
    const response = await fetch("/api/info", { headers: keyHeaders(storedKey()), cache: "no-store" });
    // Read to the end, so that the connection can be used again.
    await response.arrayBuffer();
    if (response.status === 401 || response.status === 403) return "unauthorized";
    return response.status >= 500 ? "unreachable" : "admitted";
  } catch {
    return "unreachable";
  }
}

/** Opens the socket of the server that served this page. */
export function openBrowserSocket(world: string | undefined, events: SocketEvents): Socket {
  const address = new URL("/ws/render", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  if (world !== undefined) address.searchParams.set("world", world);
  const socket = new WebSocket(address, keySubprotocols(storedKey()));
  socket.binaryType = "arraybuffer";
  socket.onopen = () => events.onOpen();
  socket.onclose = (event) => events.onClose(event.code, event.reason);
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") events.onText(data);
    else if (data instanceof ArrayBuffer) events.onBinary(data);
  };
  return {
    send(text: string): void {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close(code: number, reason: string): void {
      socket.close(code, reason);
    },
  };
}
