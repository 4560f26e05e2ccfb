import type { ConnectionStatus } from "./connection_status.ts";

/** What the page knows besides the connection. */
export interface NoticeFacts {
  /** World of the address or of the registration; empty for the server's default before it is known. */
  readonly world: string;
  /** Whether anything is on the screen. */
  readonly hasContent: boolean;
  /** Whether the server said that there is something to come. */
  readonly expectsContent: boolean;
  readonly nowMs: number;
}

/** What a person can do about a notice. */
export type NoticeAction = "none" | "retry" | "sign-in" | "default-world";

/** A card over the picture: what is going on, and what to do next. */
export interface Notice {
  readonly tone: "busy" | "idle" | "trouble";
  readonly title: string;
  readonly text: string;
  /** A command to type elsewhere; empty if there is none. */
  readonly command: string;
  readonly action: NoticeAction;
}

/** The card of a browser that cannot draw. */
export const NO_WEBGL2: Notice = notice(
  "trouble",
  "This browser has no WebGL 2",
  "Switch on hardware acceleration in its settings, or open this page in another browser.",
);

/** The card for a state, or undefined if the picture speaks for itself. */
export function noticeFor(status: ConnectionStatus, facts: NoticeFacts): Notice | undefined {
  switch (status.phase) {
    case "idle":
      return notice("idle", "Disconnected", "This page has left the world.", "", "retry");
    case "checking":
    case "connecting":
    case "registering":
      if (facts.hasContent) return undefined;
      return notice("busy", "Connecting", facts.world ? `Joining world ${facts.world}` : "Joining the world");
    case "waiting":
      return waiting(status, facts);
    case "refused":
      return refused(status, facts);
    case "live":
      return live(facts);
  }
}

function live(facts: NoticeFacts): Notice | undefined {
  if (facts.hasContent) return undefined;
  if (facts.expectsContent) {
    return notice("busy", "Loading", `Waiting for the first regions of ${facts.world}`);
  }
  const command = `deno task voxcast import FILE --world ${facts.world}`;
  return notice("idle", "This world is empty", "Import a model and it appears here at once:", command);
}

function waiting(status: ConnectionStatus, facts: NoticeFacts): Notice {
  const seconds = Math.max(0, Math.ceil(((status.retryAtMs ?? facts.nowMs) - facts.nowMs) / 1000));
  const when = seconds === 0 ? "Trying again now" : `Trying again in ${seconds} s`;
  const command = status.attempts >= 3 ? "deno task start" : "";
  const hint = command === "" ? "" : " If the server has stopped, start it again:";
  return notice("trouble", status.reason || "The connection was lost", `${when}.${hint}`, command, "retry");
}

function refused(status: ConnectionStatus, facts: NoticeFacts): Notice {
  if (status.code === "UNAUTHORIZED") {
    return notice("idle", "Sign in", "This server asks for its API key.", "", "sign-in");
  }
  if (status.code === "WORLD_NOT_FOUND" || status.code === "WORLD_GONE") {
    const title = status.code === "WORLD_GONE"
      ? "This world was deleted"
      : `There is no world ${facts.world}`;
    return notice("trouble", title, "Check the address, or look at the default world.", "", "default-world");
  }
  return notice("trouble", "The server refused the connection", `${status.reason}.`, "", "retry");
}

function notice(
  tone: Notice["tone"],
  title: string,
  text: string,
  command = "",
  action: NoticeAction = "none",
): Notice {
  return { tone, title, text, command, action };
}
