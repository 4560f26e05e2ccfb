import { importJWK, type JSONWebKeySet, type JWK } from "jose";
import { fileError, parseJsonFile, readBoundedFile } from "./bounded_file.ts";
import { PUBLIC_ALGORITHMS } from "./tokens.ts";

const SETTING = "security.jwksFile";
const MAX_FILE_BYTES = 262_144;
const MAX_KEYS = 64;
const MIN_RSA_BITS = 2048;
/** Members that only a private or symmetric key has. */
const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] as const;
/** The algorithms of a curve, the one to take for a key that names none first, and the bytes of a coordinate. */
const CURVES: Readonly<Record<string, { readonly algorithms: readonly string[]; readonly bytes: number }>> = {
  "P-256": { algorithms: ["ES256"], bytes: 32 },
  "P-384": { algorithms: ["ES384"], bytes: 48 },
  "P-521": { algorithms: ["ES512"], bytes: 66 },
  Ed25519: { algorithms: ["EdDSA", "Ed25519"], bytes: 32 },
};
const RSA_ALGORITHMS = PUBLIC_ALGORITHMS.filter((name) => /^[RP]S/.test(name));

/**
 * Reads the public keys of a JWKS file (RFC 7517) and tries each.
 * @throws {ConfigError} naming file, key and what was expected. A private or symmetric key is refused: it has no place on
 * a server that only checks, and a symmetric one would be a secret in the place of a public key.
 */
export async function readJwks(path: string): Promise<JSONWebKeySet> {
  const { text } = await readBoundedFile(path, SETTING, MAX_FILE_BYTES);
  const json = parseJsonFile(text, path, SETTING);
  const keys = typeof json === "object" && json !== null && "keys" in json ? json.keys : undefined;
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS) {
    throw fileError(path, SETTING, `must be {"keys": [...]} with 1 to ${MAX_KEYS} keys`);
  }
  const kids = new Set<string>();
  for (const [i, key] of keys.entries()) {
    const problem = await keyProblem(key, kids);
    if (problem !== undefined) throw fileError(path, SETTING, `key ${i + 1} ${problem}`);
  }
  return { keys };
}

async function keyProblem(key: unknown, kids: Set<string>): Promise<string | undefined> {
  if (typeof key !== "object" || key === null || Array.isArray(key)) return "must be an object";
  const jwk = key as JWK;
  if (PRIVATE_MEMBERS.some((name) => name in jwk)) {
    return "is private or symmetric; only public keys are taken";
  }
  if (jwk.use !== undefined && jwk.use !== "sig") return 'has a use other than "sig"';
  if (jwk.kid !== undefined) {
    if (typeof jwk.kid !== "string" || kids.has(jwk.kid)) {
      return "has a kid that is no text, or that another key has";
    }
    kids.add(jwk.kid);
  }
  const curve = CURVES[jwk.crv ?? ""];
  const algorithms = jwk.kty === "RSA" ? RSA_ALGORITHMS : curve?.algorithms ?? [];
  const algorithm = jwk.alg ?? algorithms[0];
  if (algorithm === undefined || !algorithms.includes(algorithm)) {
    return `is for no algorithm that is taken: ${PUBLIC_ALGORITHMS.join(", ")}`;
  }
  // The runtime takes points that lie on no curve.
  if (curve !== undefined && ![jwk.x, ...(jwk.kty === "EC" ? [jwk.y] : [])].every(hasBytes(curve.bytes))) {
    return `is no valid key for ${algorithm}`;
  }
  try {
    const imported = await importJWK(jwk, algorithm);
    const bits = imported instanceof CryptoKey && "modulusLength" in imported.algorithm
      ? imported.algorithm.modulusLength as number
      : MIN_RSA_BITS;
    return bits < MIN_RSA_BITS
      ? `is an RSA key of ${bits} bits, at least ${MIN_RSA_BITS} are needed`
      : undefined;
  } catch {
    return `is no valid key for ${algorithm}`;
  }
}

function hasBytes(count: number): (text: unknown) => boolean {
  return (text) => {
    try {
      return typeof text === "string" &&
        Uint8Array.fromBase64(text, { alphabet: "base64url" }).length === count;
    } catch {
      return false;
    }
  };
}
