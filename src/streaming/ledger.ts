import type { TreeKind } from "../tree/mod.ts";

/** Why an owed frame was given up. */
export type DropReason = "closed" | "moved" | "not-cached" | "send-failed" | "world-deleted";

/** How the frames that clients were owed have ended. */
export interface LedgerSnapshot {
  readonly owed: number;
  readonly delivered: number;
  /** The same by the kind of the frame's tree; an emptied region's is that of the client's stream. */
  readonly deliveredByKind: Readonly<Record<TreeKind, number>>;
  readonly superseded: number;
  readonly leftView: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  readonly pending: number;
}

/**
 * Account of region frames: each frame that a client is owed ends as delivered, superseded by a newer one, out of
 * the client's view, or dropped for a stated reason; `owed` is always the sum of these and of what still waits, which
 * those who hold it count.
 */
export class FrameLedger {
  #owed = 0;
  readonly #delivered: Record<TreeKind, number> = { esvo: 0, esvt: 0 };
  #superseded = 0;
  #leftView = 0;
  readonly #dropped: Record<DropReason, number> = {
    closed: 0,
    moved: 0,
    "not-cached": 0,
    "send-failed": 0,
    "world-deleted": 0,
  };

  /** A client is owed one more frame. */
  owe(): void {
    this.#owed++;
  }

  /** Frames were handed to the client's socket. */
  deliver(kind: TreeKind, frames: number): void {
    this.#delivered[kind] += frames;
  }

  /** Another frame took its place before it was sent. */
  supersede(): void {
    this.#superseded++;
  }

  /** The region left the client's view before the frame was sent. */
  leaveView(): void {
    this.#leftView++;
  }

  /** The frame will not be sent. */
  drop(reason: DropReason, frames = 1): void {
    this.#dropped[reason] += frames;
  }

  /** The account as it stands, with the frames that wait by their holders' own count. */
  snapshot(pending: number): LedgerSnapshot {
    return {
      owed: this.#owed,
      delivered: this.#delivered.esvo + this.#delivered.esvt,
      deliveredByKind: { ...this.#delivered },
      superseded: this.#superseded,
      leftView: this.#leftView,
      dropped: { ...this.#dropped },
      pending,
    };
  }
}
