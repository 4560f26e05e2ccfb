/**
 * Ends a socket at once, whether its peer answers or not: its memory, unfinished fragments included, and its descriptor
 * are given back, and `onclose` is called. `close()` alone does not: of a peer that never answers the close frame the
 * runtime keeps everything, goes on collecting fragments, and its `idleTimeout` looks at open sockets only.
 *
 * The runtime has no public call for this, so its own one is used where it is found; answers false where it is not, and
 * the socket is as it was. What waits to be written stays in memory until the peer has read it or its TCP connection
 * ends. A socket that has ended already is no error.
 */
export function destroySocket(socket: object): boolean {
  const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === RESOURCE_KEY);
  const resource: unknown = key === undefined ? undefined : Reflect.get(socket, key);
  const internals: unknown = Reflect.get(Deno, Reflect.get(Deno, "internal"));
  const core = isObject(internals) ? Reflect.get(internals, "core") : undefined;
  const tryClose: unknown = isObject(core) ? Reflect.get(core, "tryClose") : undefined;
  if (typeof resource !== "number" || typeof tryClose !== "function") return false;
  tryClose(resource);
  return true;
}

/** Under what the runtime's sockets keep the number of their resource; numbers are never used twice. */
const RESOURCE_KEY = "[[rid]]";

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
