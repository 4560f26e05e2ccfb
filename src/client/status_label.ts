import type { ConnectionPhase } from "./connection_status.ts";

/** A phase in a word, and the colour that goes with it: never the colour alone. */
export interface StatusLabel {
  readonly text: string;
  readonly tone: "good" | "busy" | "bad";
}

/** How the status pill shows each phase. */
export const STATUS_LABELS: Readonly<Record<ConnectionPhase, StatusLabel>> = {
  idle: { text: "Disconnected", tone: "bad" },
  checking: { text: "Connecting", tone: "busy" },
  connecting: { text: "Connecting", tone: "busy" },
  registering: { text: "Joining", tone: "busy" },
  live: { text: "Live", tone: "good" },
  waiting: { text: "Reconnecting", tone: "busy" },
  refused: { text: "Refused", tone: "bad" },
};
