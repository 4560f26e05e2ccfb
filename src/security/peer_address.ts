import {
  formatIpAddress,
  type IpAddress,
  type IpNetwork,
  isInNetwork,
  parseIpAddress,
  parseIpNetwork,
} from "./ip_address.ts";

/** Proxies behind proxies that are followed; each is one more address in the header. */
const MAX_HOPS = 16;
/** Of a longer header only the end is read, which the nearest proxies wrote. */
const MAX_HEADER_CHARACTERS = 2048;

/** Networks by the list that they were read from, which is the configuration's and never changes. */
const networksOf = new WeakMap<readonly string[], readonly IpNetwork[]>();

/**
 * The address of the client. `X-Forwarded-For` is believed as far as it was written by trusted proxies: from the socket's
 * own address leftwards, the first address that is no trusted proxy's is the client's. What stands left of it anybody may
 * have written. An entry that is no address ends the walk at the proxy that wrote it.
 *
 * @param remoteAddress the socket's own peer
 * @param trustProxy `security.trustProxy`: addresses and networks; empty means that the header is never looked at
 */
export function peerAddress(request: Request, remoteAddress: string, trustProxy: readonly string[]): string {
  let peer = parseIpAddress(remoteAddress);
  if (peer === undefined) return remoteAddress;
  const networks = networksIn(trustProxy);
  const header = networks.length === 0 ? null : request.headers.get("x-forwarded-for");
  if (header === null) return formatIpAddress(peer);
  for (const hop of endOf(header).split(",").reverse().slice(0, MAX_HOPS)) {
    if (!isTrusted(peer, networks)) break;
    const next = parseHop(hop.trim());
    if (next === undefined) break;
    peer = next;
  }
  return formatIpAddress(peer);
}

/** The last entries of a header, without one that is cut in two. */
function endOf(header: string): string {
  if (header.length <= MAX_HEADER_CHARACTERS) return header;
  const end = header.slice(-MAX_HEADER_CHARACTERS);
  const comma = end.indexOf(",");
  return comma < 0 ? "" : end.slice(comma + 1);
}

function isTrusted(address: IpAddress, networks: readonly IpNetwork[]): boolean {
  return networks.some((network) => isInNetwork(address, network));
}

/** Some proxies write the port, too: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function parseHop(text: string): IpAddress | undefined {
  const host = /^(\[[^\]]*\])(?::\d{1,5})?$/.exec(text)?.[1] ?? /^(\d[\d.]*):\d{1,5}$/.exec(text)?.[1] ??
    text;
  return parseIpAddress(host);
}

function networksIn(list: readonly string[]): readonly IpNetwork[] {
  let networks = networksOf.get(list);
  if (networks === undefined) {
    networks = list.map(parseIpNetwork).filter((network) => network !== undefined);
    networksOf.set(list, networks);
  }
  return networks;
}
