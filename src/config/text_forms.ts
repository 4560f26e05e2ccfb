import { isIP } from "node:net";

/**
 * Whether a text is the origin of a site as browsers send it: scheme, host and a port that is not the scheme's own, in lower
 * case and without a slash at the end. Anything else would be compared and never match.
 */
export function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text;
}

/** Whether a text is an IP address, or a network such as `10.0.0.0/8` or `fd00::/8`. */
export function isNetwork(text: string): boolean {
  const [address, bits, ...rest] = text.split("/") as [string, string?, ...string[]];
  const version = address.includes("%") ? 0 : isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/** Whether a network is that of all IPv4 or of all IPv6 addresses. */
export function isEverybody(network: string): boolean {
  const [address, bits] = network.split("/") as [string, string?];
  // `::ffff:0.0.0.0/96` is how IPv6 writes 0.0.0.0/0.
  const isMapped = URL.parse(`http://[${address}]/`)?.hostname.startsWith("[::ffff:") ?? false;
  return bits !== undefined && Number(bits) <= (isMapped ? 96 : 0);
}
