const V4_BITS = 32;
const V6_BITS = 128;
/** Upper 96 bits of `::ffff:a.b.c.d`, an IPv4 address in IPv6 clothes. */
const MAPPED_PREFIX = 0xffffn;

/** An IP address as a number. An IPv4-mapped IPv6 address is the IPv4 address that it means. */
export interface IpAddress {
  readonly bits: typeof V4_BITS | typeof V6_BITS;
  readonly value: bigint;
}

/** All addresses that share the first `prefix` bits of `address`. */
export interface IpNetwork {
  readonly address: IpAddress;
  readonly prefix: number;
}

/** Reads an address: dotted IPv4, or IPv6 with or without brackets and zone; undefined if it is neither. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const v4 = parseV4(text);
  if (v4 !== undefined) return { bits: V4_BITS, value: v4 };
  const v6 = parseV6(text.replace(/^\[(.*)\]$/, "$1").replace(/%[\w.-]+$/, ""));
  if (v6 === undefined) return undefined;
  if (v6 >> 32n === MAPPED_PREFIX) return { bits: V4_BITS, value: v6 & 0xffff_ffffn };
  return { bits: V6_BITS, value: v6 };
}

/** Reads `address` or `address/prefix`; undefined if it is neither. */
export function parseIpNetwork(text: string): IpNetwork | undefined {
  const [base, length, ...rest] = text.split("/");
  const address = parseIpAddress(base!);
  if (address === undefined || rest.length > 0) return undefined;
  if (length === undefined) return { address, prefix: address.bits };
  // `::ffff:10.0.0.0/104` means 10.0.0.0/8.
  const offset = address.bits === V4_BITS && base!.includes(":") ? V6_BITS - V4_BITS : 0;
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) - offset : -1;
  return prefix >= 0 && prefix <= address.bits ? { address, prefix } : undefined;
}

/** Whether an address lies in a network; IPv4 never lies in an IPv6 network. */
export function isInNetwork(address: IpAddress, { address: base, prefix }: IpNetwork): boolean {
  if (address.bits !== base.bits) return false;
  const shift = BigInt(base.bits - prefix);
  return address.value >> shift === base.value >> shift;
}

/** The one way in which an address is written: dotted, or IPv6 as RFC 5952 has it. */
export function formatIpAddress({ bits, value }: IpAddress): string {
  if (bits === V4_BITS) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".");
  const groups = Array.from(
    { length: 8 },
    (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  );
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

/**
 * What limits by address count as one: an IPv4 address, or the /64 of an IPv6 address, which is the least that a
 * customer gets and may change at will. What is no IP address (a Unix socket's path) stands for itself.
 */
export function addressGroup(text: string): string {
  const address = parseIpAddress(text);
  if (address === undefined) return text;
  if (address.bits === V4_BITS) return formatIpAddress(address);
  return `${formatIpAddress({ bits: V6_BITS, value: (address.value >> 64n) << 64n })}/64`;
}

function parseV4(text: string): bigint | undefined {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return undefined;
  let value = 0n;
  for (const part of text.split(".")) {
    // A leading zero means octal to some; nobody has to write it.
    if (Number(part) > 255 || (part.length > 1 && part.startsWith("0"))) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

function parseV6(text: string): bigint | undefined {
  if (!/^[0-9a-f:.]{2,45}$/i.test(text) || !text.includes(":")) return undefined;
  const hostname = URL.parse(`http://[${text}]/`)?.hostname;
  if (hostname === undefined) return undefined;
  const [head, tail] = hostname.slice(1, -1).split("::").map((half) => half === "" ? [] : half.split(":"));
  const middle = tail === undefined ? [] : new Array<string>(8 - head!.length - tail.length).fill("0");
  return [...head!, ...middle, ...tail ?? []].reduce(
    (value, group) => (value << 16n) | BigInt(`0x${group}`),
    0n,
  );
}
