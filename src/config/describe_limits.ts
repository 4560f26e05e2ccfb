import { FIELD_BY_KEY } from "./fields.ts";
import { LIMIT_EFFECTS } from "./limit_effects.ts";
import { showValue } from "./load_config.ts";
import { tableOf } from "./markdown_table.ts";

/** The section on limits of `docs/configuration.md`. */
export function describeLimits(): string {
  const rows = Object.entries(LIMIT_EFFECTS).map(([key, { code, status, close, text }]) => {
    const field = FIELD_BY_KEY.get(key)!;
    const value = `${showValue(field, field.defaultValue)} ${field.unit}`;
    return [`\`${key}\``, value, text, code ?? "", String(status ?? ""), String(close ?? "")];
  });
  return [INTRODUCTION, tableOf(["limit", "default", "when it is reached", "error", "HTTP", "close"], rows)]
    .join("\n\n");
}

const INTRODUCTION = `## All limits

What happens to those who reach one. Codes and close codes are explained in \`src/protocol/README.md\`; what an error means for
trying again is said there, too. A violation is counted at most once a second for a principal or session: the first brings a warning, the others an
error, and with \`limits.maxViolations\` of them comes a ban. Without a credential (development) limits by address do not count for
the machine's own address as long as \`limits.loopbackExempt\` is set.`;
