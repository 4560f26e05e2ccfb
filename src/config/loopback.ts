const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?|\[?0:0:0:0:0:0:0:1\]?)$/i;

/** Whether an address is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** Whether a network such as `127.0.0.0/8` or `::1` has addresses of this machine only. */
export function isLoopbackNetwork(network: string): boolean {
  const [address, bits] = network.split("/") as [string, string?];
  if (!isLoopback(address)) return false;
  return bits === undefined || Number(bits) >= (address.includes(":") ? 128 : 8);
}
