/**
 * Types of the `@std` modules in use. The import map points `@std/*` at an npm copy that ships no types;
 * with JSR at hand, switch the import map to `jsr:` and drop this file from `compilerOptions.types`.
 */
declare module "@std/assert" {
  export class AssertionError extends Error {
    constructor(message: string, options?: ErrorOptions);
  }
  // deno-lint-ignore no-explicit-any
  type Constructor<T> = abstract new (...args: any[]) => T;
  export function equal(a: unknown, b: unknown): boolean;
  export function assert(expr: unknown, msg?: string): asserts expr;
  export function assertAlmostEquals(
    actual: number,
    expected: number,
    tolerance?: number,
    msg?: string,
  ): void;
  export function assertEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T;
  export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T>;
  export function assertGreater<T>(actual: T, expected: T, msg?: string): void;
  export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void;
  export function assertLess<T>(actual: T, expected: T, msg?: string): void;
  export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void;
  export function assertInstanceOf<T>(
    actual: unknown,
    type: Constructor<T>,
    msg?: string,
  ): asserts actual is T;
  export function assertMatch(actual: string, expected: RegExp, msg?: string): void;
  export function assertStringIncludes(actual: string, expected: string, msg?: string): void;
  export function assertArrayIncludes<T>(actual: ArrayLike<T>, expected: ArrayLike<T>, msg?: string): void;
  export function assertObjectMatch(
    actual: Record<PropertyKey, unknown>,
    expected: Record<PropertyKey, unknown>,
    msg?: string,
  ): void;
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    type: Constructor<E>,
    includes?: string,
    msg?: string,
  ): E;
  export function assertThrows(fn: () => unknown, msg?: string): unknown;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    type: Constructor<E>,
    includes?: string,
    msg?: string,
  ): Promise<E>;
  export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
  export function fail(msg?: string): never;
  export function unreachable(msg?: string): never;
}

declare module "@std/crypto/timing-safe-equal" {
  export function timingSafeEqual(
    a: ArrayBufferView | ArrayBufferLike | DataView,
    b: ArrayBufferView | ArrayBufferLike | DataView,
  ): boolean;
}

declare module "@std/http/etag" {
  export function eTag(
    entity: string | Uint8Array,
    options?: { weak?: boolean; algorithm?: "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512" },
  ): Promise<string | undefined>;
  export function ifNoneMatch(value: string | null, etag: string | undefined): boolean;
  export function ifMatch(value: string | null, etag: string | undefined): boolean;
}

declare module "@std/http/negotiation" {
  export function accepts(request: { headers: Headers }, ...types: string[]): string | undefined;
  export function acceptsEncodings(request: { headers: Headers }, ...encodings: string[]): string | undefined;
}

declare module "@std/http/status" {
  export const STATUS_CODE: {
    readonly SwitchingProtocols: 101;
    readonly OK: 200;
    readonly Created: 201;
    readonly Accepted: 202;
    readonly NoContent: 204;
    readonly NotModified: 304;
    readonly BadRequest: 400;
    readonly Unauthorized: 401;
    readonly Forbidden: 403;
    readonly NotFound: 404;
    readonly MethodNotAllowed: 405;
    readonly NotAcceptable: 406;
    readonly Conflict: 409;
    readonly ContentTooLarge: 413;
    readonly UnsupportedMediaType: 415;
    readonly UnprocessableEntity: 422;
    readonly UpgradeRequired: 426;
    readonly TooManyRequests: 429;
    readonly InternalServerError: 500;
    readonly ServiceUnavailable: 503;
    readonly InsufficientStorage: 507;
  };
  export type StatusCode = (typeof STATUS_CODE)[keyof typeof STATUS_CODE];
  export const STATUS_TEXT: Readonly<Record<number, string>>;
}
