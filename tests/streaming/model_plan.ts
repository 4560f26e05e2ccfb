import fc from "fast-check";
import { FEATURES, type FrameCodec } from "../../src/protocol/mod.ts";
import type { TreeKind } from "../../src/tree/mod.ts";
import type { Viewport } from "../../src/viewport/mod.ts";
import type { Honesty, ModelRegistration } from "./model_client.ts";
import { look, wholeView } from "./stream_fixture.ts";

/** A box of noise, or of nothing. */
export interface Fill {
  readonly do: "fill";
  readonly at: readonly [number, number, number];
  readonly edge: number;
  readonly seed: number;
}

/** What happens to the server of the model and its clients. */
export type Step =
  | { readonly do: "wait"; readonly ms: number }
  | Fill
  | { readonly do: "clear" }
  | { readonly do: "build"; readonly pick: number; readonly end: "built" | "lost" | "not yet" }
  | { readonly do: "look"; readonly client: number; readonly viewport: Viewport }
  | { readonly do: "ack"; readonly client: number; readonly part: number }
  | { readonly do: "socket"; readonly client: number; readonly state: "stuck" | "drained" | "broken" }
  | { readonly do: "leave"; readonly client: number }
  | {
    readonly do: "join";
    readonly client: number;
    readonly as: ModelRegistration;
    readonly honesty: Honesty | undefined;
    /** Whether the server does not learn that the socket before is dead. */
    readonly isSilent: boolean;
  }
  | { readonly do: "move"; readonly client: number; readonly as: ModelRegistration }
  | { readonly do: "verify"; readonly client: number }
  | {
    readonly do: "fetch";
    readonly pick: number;
    readonly kind: TreeKind;
    readonly lod: number;
    readonly waitMs: number;
  }
  | { readonly do: "restart" };

export interface Plan {
  readonly depth: number;
  readonly cacheBytes: number;
  readonly clients: readonly ModelRegistration[];
  /** What is in the world at first. */
  readonly fills: readonly Fill[];
  readonly steps: readonly Step[];
}

const CLIENTS = 3;

const viewport = fc.oneof(
  fc.constantFrom(30, 30, 30, 60, 120).map(wholeView),
  fc.constant(look([1, 1, 60], [1, 1, 100])),
  fc.tuple(fc.integer({ min: 0, max: 32 }), fc.integer({ min: 0, max: 32 })).map(([x, y]) =>
    look([x, y, 40], [32 - x, 32 - y, 0])
  ),
);
const kind = fc.constantFrom<TreeKind>("esvo", "esvo", "esvt");
const codec = fc.constantFrom<FrameCodec>(2, 2, 1);
const registration: fc.Arbitrary<ModelRegistration> = fc.record({
  kind,
  codec,
  features: fc.oneof(fc.constantFrom(0, 15, 31), fc.integer({ min: 0, max: 2 ** FEATURES.length - 1 })),
  intervalMs: fc.constantFrom(0, 0, 300),
  viewport,
});
const client = fc.nat({ max: CLIENTS - 1 });
const is = <Name extends string>(name: Name) => fc.constant(name);
/** Boxes come near one another, so that most change a part of a region that is there. */
const fill = fc.record({
  do: is("fill"),
  at: fc.tuple(
    ...[0, 1, 2].map(() => fc.constantFrom(0, 1, 5, 9, 12, 20, 40, 100)),
  ) as unknown as fc.Arbitrary<
    [number, number, number]
  >,
  edge: fc.constantFrom(1, 1, 2, 3, 9),
  seed: fc.nat({ max: 1000 }),
});
const calm: fc.MaybeWeightedArbitrary<Step>[] = [
  { weight: 12, arbitrary: fc.record({ do: is("wait"), ms: fc.integer({ min: 0, max: 400 }) }) },
  { weight: 16, arbitrary: fill },
  {
    weight: 24,
    arbitrary: fc.record({
      do: is("build"),
      pick: fc.nat({ max: 20 }),
      end: fc.constantFrom("built", "built", "built", "lost", "not yet"),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: is("ack"), client, part: fc.constantFrom(0.3, 1, 1) }),
  },
];
const wild: fc.MaybeWeightedArbitrary<Step>[] = [
  ...calm,
  { weight: 3, arbitrary: fc.record({ do: is("look"), client, viewport }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: is("socket"),
      client,
      state: fc.constantFrom("stuck", "stuck", "stuck", "drained", "drained", "drained", "broken"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: is("leave"), client }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: is("join"),
      client,
      as: registration,
      honesty: fc.constantFrom<Honesty | undefined>(undefined, "true", "true", "stale", "false", "corrupt"),
      isSilent: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: is("move"), client, as: registration }) },
  { weight: 1, arbitrary: fc.record({ do: is("verify"), client }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: is("fetch"),
      pick: fc.nat({ max: 20 }),
      kind: fc.constantFrom<TreeKind>("esvo", "esvt"),
      lod: fc.nat({ max: 4 }),
      waitMs: fc.constantFrom(0, 100, 1000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: is("clear") }) },
  { weight: 1, arbitrary: fc.record({ do: is("restart") }) },
];

/** Everything that can happen. */
export const wildPlan: fc.Arbitrary<Plan> = fc.record({
  depth: fc.constantFrom(3, 3, 4, 5),
  cacheBytes: fc.constantFrom(1 << 24, 1 << 24, 60_000, 12_000),
  clients: fc.array(registration, { minLength: CLIENTS, maxLength: CLIENTS }),
  fills: fc.array(fill.map((one) => ({ ...one, edge: 4 * one.edge })), { maxLength: 3 }),
  steps: fc.array(fc.oneof(...wild), { maxLength: 100, size: "max" }),
});

/** Edits in full regions, which those who stay and look on are sent as what has changed. */
export const calmPlan: fc.Arbitrary<Plan> = fc.record({
  depth: fc.constantFrom(4, 5),
  cacheBytes: fc.constant(1 << 24),
  clients: fc.array(
    fc.record({
      kind,
      codec,
      features: fc.constantFrom(8, 15, 31),
      intervalMs: fc.constant(0),
      viewport: fc.constant(wholeView()),
    }),
    { minLength: CLIENTS, maxLength: CLIENTS },
  ),
  fills: fc.array(fill.map((one) => ({ ...one, edge: 20, seed: 4 * one.seed + 1 })), {
    minLength: 1,
    maxLength: 2,
  }),
  steps: fc.array(fc.oneof(...calm), { maxLength: 60, size: "max" }),
});
