/** Accepted sockets: counting, limits, closing. */
export { Connection, type ConnectionCounters, type Transport } from "./connection.ts";
export { ConnectionRegistry, type ConnectionTotals } from "./registry.ts";
export { type AcceptOptions, acceptSocket, type Profile } from "./socket.ts";
