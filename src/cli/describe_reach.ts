import { isLoopback } from "../config/mod.ts";

/** Where a server listens. */
export interface Listening {
  /** As configured. */
  readonly host: string;
  /** The address that is shown first. */
  readonly url: string;
  readonly port: number;
}

const ALL_IPV4 = "0.0.0.0";
const ALL: readonly string[] = [ALL_IPV4, "::", "[::]"];
/** More say nothing: containers and tunnels bring many. */
const MAX_SHOWN = 8;

/**
 * A line for the person who starts a server that listens at every address of its machine, with those in its networks; none
 * for other hosts.
 *
 * @param addresses the machine's addresses, or undefined if they may not be looked at
 */
export function describeReach(
  { host, url, port }: Listening,
  addresses: () => readonly string[] | undefined,
): readonly string[] {
  if (!ALL.includes(host)) return [];
  const known = addresses();
  if (known === undefined) {
    return [
      `It listens at every address of this machine, port ${port} (--allow-sys=networkInterfaces shows which)`,
    ];
  }
  const { protocol } = new URL(url);
  const urls = known
    .filter((address) => !isLoopback(address) && !(host === ALL_IPV4 && address.includes(":")))
    .map((address) => `${protocol}//${address.includes(":") ? `[${address}]` : address}:${port}/`);
  const shown = urls.slice(0, MAX_SHOWN).join(", ");
  const more = urls.length > MAX_SHOWN ? ` and ${urls.length - MAX_SHOWN} more` : "";
  return [`It listens at every address of this machine${urls.length === 0 ? "" : `: ${shown}${more}`}`];
}

/** The addresses of this machine that other machines can name; undefined without the permission to look, which is not asked for. */
export function networkAddresses(): readonly string[] | undefined {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "networkInterfaces" });
  if (state !== "granted") return undefined;
  // A link-local address of IPv6 leads nowhere without the name of its interface.
  return Deno.networkInterfaces().map(({ address }) => address).filter((address) => !/^fe80:/i.test(address));
}
