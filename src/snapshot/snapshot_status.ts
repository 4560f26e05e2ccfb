/** Why a picture or a pick was not given. */
export const REFUSALS = ["busy", "late", "too-large", "invalid", "gone", "failed"] as const;
export type Refusal = typeof REFUSALS[number];

/** Pictures and picks since the start, and what is kept. */
export interface SnapshotStatus {
  /** Pictures that were traced. */
  readonly pictures: number;
  /** Pictures that were there already. */
  readonly cacheHits: number;
  /** Requests that joined a picture in the making. */
  readonly shared: number;
  /** Requests of clients that held the picture as it is. */
  readonly unchanged: number;
  readonly picks: number;
  /** Pictures and picks that were not given, by reason; those over a rate are not among them. */
  readonly refused: Readonly<Record<Refusal, number>>;
  /** Pictures in the making now. */
  readonly inWork: number;
  /** Bytes of pictures that are kept. */
  readonly cachedBytes: number;
}
