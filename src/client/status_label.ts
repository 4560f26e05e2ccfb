import type { ClientState, ClientStatus } from "./client_status.ts";

/** A state in a word, and the colour that goes with it: never the colour alone. */
export interface StatusLabel {
  readonly text: string;
  readonly tone: "good" | "busy" | "bad";
}

/** How the status pill shows a client's state. */
export function statusLabel({ state, isPolling }: Pick<ClientStatus, "state" | "isPolling">): StatusLabel {
  return isPolling ? POLLING : STATUS_LABELS[state];
}

/** The world is shown, a little late, and sockets are still tried. */
const POLLING: StatusLabel = { text: "Polling", tone: "busy" };

const STATUS_LABELS: Readonly<Record<ClientState, StatusLabel>> = {
  disconnected: { text: "Disconnected", tone: "bad" },
  connecting: { text: "Connecting", tone: "busy" },
  connected: { text: "Live", tone: "good" },
  reconnecting: { text: "Reconnecting", tone: "busy" },
  failed: { text: "Refused", tone: "bad" },
};
