import { z } from "zod";

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

const PATH_PATTERN = /^[^\0]{1,4096}$/;

/** What the schema library does not carry by itself. */
export interface FieldMeta {
  readonly description: string;
  readonly unit?: string;
  /** Never shown: not in logs, errors or `config show`. */
  readonly secret?: boolean;
  /** Words for the allowed values where a range does not say it. */
  readonly allowed?: string;
}

/** A whole number in a range. */
export function whole(
  defaultValue: number,
  min: number,
  max: number,
  unit: string,
  description: string,
): z.ZodDefault<z.ZodInt> {
  return z.int().min(min).max(max).default(defaultValue).meta({ unit, description });
}

/** A number in a range. */
export function real(
  defaultValue: number,
  min: number,
  max: number,
  unit: string,
  description: string,
): z.ZodDefault<z.ZodNumber> {
  return z.number().min(min).max(max).default(defaultValue).meta({ unit, description });
}

/** A file; a relative one is looked for in the working folder. */
export function path(description: string): z.ZodOptional<z.ZodString> {
  return z.string().regex(PATH_PATTERN).optional().meta({ description, allowed: "a path" });
}
