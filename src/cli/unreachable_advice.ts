/** What the runtime says about a connection that failed, and what is to be done about it; the first that fits counts. */
const ADVICE: readonly {
  readonly reason: RegExp;
  readonly advice: (server: URL) => string;
}[] = [
  {
    reason: /CaUsedAsEndEntity/,
    advice: ({ hostname }) =>
      "Its certificate is that of an authority (CA:TRUE), which no server may show as its own. Make the server " +
      `another one: ${
        makeCertificate(hostname)
      }, or sign one with this authority; then start this command with ` +
      "DENO_CERT=cert.pem, or with the authority's file",
  },
  {
    reason: /UnknownIssuer/,
    advice: () =>
      "Nobody whom this machine trusts has signed the server's certificate. Start this command with DENO_CERT=FILE, " +
      "where FILE is the certificate of the authority, or the server's own if it has signed itself",
  },
  {
    reason: /not valid for name|NotValidForName/,
    advice: () => "Name the server with --server as its certificate does",
  },
  {
    reason: /certificate (?:has )?expired|CertificateExpired|Expired/,
    advice: () => "The server's certificate is over, or this machine's clock is wrong",
  },
  {
    reason: /invalid HTTP version parsed|InvalidContentType|corrupt message/,
    advice: ({ protocol, host }) =>
      protocol === "http:"
        ? `It may speak TLS: try --server https://${host}`
        : `It may speak no TLS: try --server http://${host}`,
  },
];

/**
 * What to do about a server that cannot be reached.
 * @param reason the runtime's own words
 */
export function unreachableAdvice(reason: string, server: URL): string {
  const known = ADVICE.find((entry) => entry.reason.test(reason));
  return known?.advice(server) ?? "Start it with deno task start, or name another with --server";
}

/** The command for a certificate that a server may show as its own, and that nobody else has to sign. */
function makeCertificate(hostname: string): string {
  const address = /^[\d.]+$/.test(hostname) ? hostname : /^\[(.+)\]$/.exec(hostname)?.[1];
  const name = address === undefined ? `DNS:${hostname}` : `IP:${address}`;
  return "openssl req -x509 -newkey rsa:2048 -nodes -days 365 -keyout key.pem -out cert.pem -subj /CN=voxcast " +
    `-addext subjectAltName=${name} -addext basicConstraints=critical,CA:FALSE`;
}
