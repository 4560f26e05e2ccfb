/** Characters that show nothing or move others: what a name may not have, and what no message, log or page may show bare. */
export const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Texts that look like something else than they are, by what is wrong with them. */
export const UNSEEN_TEXTS: Readonly<Record<string, string>> = {
  "a right-to-left override": "user\u202egnp.exe",
  "a left-to-right embedding": "a\u202ab\u202c",
  "isolates": "a\u2066b\u2069",
  "a left-to-right mark": "admin\u200e",
  "a right-to-left mark": "admin\u200f",
  "an Arabic letter mark": "admin\u061c",
  "a zero-width space": "ad\u200bmin",
  "a zero-width joiner": "ad\u200dmin",
  "a byte order mark": "\ufeffadmin",
  "a soft hyphen": "ad\u00admin",
  "a NUL": "admin\0",
  "a line break": "admin\n2026-01-01T00:00:00.000Z INFO forged",
  "a carriage return": "admin\rx-forged: a=b",
  "an escape sequence": "\x1b[2J\x1b[31madmin",
  "a C1 sequence": "\x9b31madmin",
  "a delete": "admin\x7f",
  "a line separator": "admin\u2028",
  "a lone high surrogate": "admin\ud83d",
  "a lone low surrogate": "\ude00admin",
  "a tag character": "admin\u{e0041}",
};

/** Texts that would do harm if anybody took them for more than text. All of their characters are seen. */
export const SCHEMING_TEXTS: readonly string[] = [
  "<script>globalThis.pwned = true</script>",
  '"><img src=x onerror="globalThis.pwned = true">',
  "</title><svg onload=globalThis.pwned=true>",
  "javascript:globalThis.pwned=true",
  '"},"type":"REGISTERED","x":{"',
  "__proto__",
  "constructor",
  "toString",
  "${globalThis.pwned = true}",
  "{{constructor.constructor('globalThis.pwned = true')()}}",
  "'; DROP TABLE worlds; --",
  "$(touch /tmp/pwned)`touch /tmp/pwned`",
  "../../../etc/passwd",
  "%00%0d%0aset-cookie:a=b",
  "\\u202e\\x1b[31m",
  "\u05d0\u05d1\u05d2 \ud83d\ude00 \u4e16\u754c",
];
