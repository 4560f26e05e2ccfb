import { z } from "zod";
import type { FieldMeta } from "./field_schemas.ts";
import { type ConfigKey, configSchema } from "./schema.ts";

export type FieldKind = "integer" | "number" | "boolean" | "text" | "numbers" | "texts";

/** One setting as people meet it; derived from the schema. */
export interface Field extends FieldMeta {
  readonly key: ConfigKey;
  /** First part of a dotted key, or "" for the settings at the top. */
  readonly group: string;
  readonly kind: FieldKind;
  readonly choices?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly defaultValue: unknown;
  /** Words for the values that are taken, e.g. `a whole number from 1 to 64`. */
  readonly allowed: string;
  /** Name in the environment, e.g. `VOXCAST_BUILD_BUILD_POOL_SIZE`. */
  readonly variable: string;
  /** Name on the command line, e.g. `--build-build-pool-size`. */
  readonly flag: string;
  readonly schema: z.ZodType;
}

export const VARIABLE_PREFIX = "VOXCAST_";

/** The parts of a JSON schema that are read here. */
interface JsonField extends Partial<FieldMeta> {
  readonly type: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of a list. */
  readonly items?: { readonly type: string };
}

interface JsonGroup {
  readonly properties: Readonly<Record<string, JsonField & JsonGroup>>;
}

/** Every setting, in the order of the schema. */
export const FIELDS: readonly Field[] = listFields();

/** Every setting by its dotted key. */
export const FIELD_BY_KEY: ReadonlyMap<string, Field> = new Map(FIELDS.map((field) => [field.key, field]));

/** `streaming.maxClientsPerServer` -> `streaming-max-clients-per-server` */
export function dashed(key: string): string {
  return key.replace(/\./g, "-").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function listFields(): readonly Field[] {
  const json = z.toJSONSchema(configSchema, { io: "input" }) as unknown as JsonGroup;
  const fields: Field[] = [];
  for (const [name, schema] of Object.entries(configSchema.shape)) {
    const property = json.properties[name]!;
    if (property.properties === undefined) {
      fields.push(toField("", name, property, schema));
      continue;
    }
    const shape = (schema as z.ZodPrefault<z.ZodObject>).unwrap().shape;
    for (const [inner, innerSchema] of Object.entries(shape)) {
      fields.push(toField(name, inner, property.properties[inner]!, innerSchema as z.ZodType));
    }
  }
  return fields;
}

function toField(group: string, name: string, json: JsonField, schema: z.ZodType): Field {
  const key = (group === "" ? name : `${group}.${name}`) as ConfigKey;
  if (json.description === undefined) throw new TypeError(`Setting ${key} has no description`);
  const flagName = dashed(key);
  return {
    key,
    group,
    kind: kindOf(key, json),
    description: json.description,
    allowed: allowedText(key, json),
    defaultValue: json.default,
    variable: VARIABLE_PREFIX + flagName.replace(/-/g, "_").toUpperCase(),
    flag: `--${flagName}`,
    schema,
    ...(json.unit === undefined ? {} : { unit: json.unit }),
    ...(json.secret === undefined ? {} : { secret: json.secret }),
    ...(json.enum === undefined ? {} : { choices: json.enum }),
    ...(json.minimum === undefined ? {} : { min: json.minimum }),
    ...(json.maximum === undefined ? {} : { max: json.maximum }),
  };
}

function kindOf(key: string, json: JsonField): FieldKind {
  if (json.type === "integer" || json.type === "number" || json.type === "boolean") return json.type;
  if (json.type === "string") return "text";
  if (json.type === "array") return json.items?.type === "string" ? "texts" : "numbers";
  throw new TypeError(`Setting ${key} has the type ${json.type}, which environment and flags cannot express`);
}

function allowedText(key: string, json: JsonField): string {
  if (json.allowed !== undefined) return json.allowed;
  if (json.enum !== undefined) return `one of ${json.enum.join(", ")}`;
  if (json.type === "boolean") return "true or false";
  if (json.minimum === undefined || json.maximum === undefined) {
    throw new TypeError(`Setting ${key} has no range`);
  }
  return `${json.type === "integer" ? "a whole number" : "a number"} from ${json.minimum} to ${json.maximum}`;
}
