import type { ClientStatus } from "./client_status.ts";

/** What the page knows besides the connection. */
export interface NoticeFacts {
  /** World of the address or of the registration; empty for the server's default before it is known. */
  readonly world: string;
  /** Whether anything is on the screen. */
  readonly hasContent: boolean;
  /** Whether the server said that there is something to come. */
  readonly expectsContent: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number;
}

/** What a person can do about a notice. */
export type NoticeAction = "none" | "retry" | "take-back" | "sign-in" | "default-world";

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
export function noticeFor(status: ClientStatus, facts: NoticeFacts): Notice | undefined {
  switch (status.state) {
    case "disconnected":
      return notice("idle", "Disconnected", "This page has left the world.", "", "retry");
    case "connecting":
    case "reconnecting":
      if (status.isPolling) return polling(facts);
      if (status.step === "waiting") return waiting(status, facts);
      if (facts.hasContent) return undefined;
      return notice("busy", "Connecting", facts.world ? `Joining world ${facts.world}` : "Joining the world");
    case "failed":
      return refused(status, facts);
    case "connected":
      return live(facts);
  }
}

/** Regions come over HTTP, so that the world is there though no socket opens. */
function polling(facts: NoticeFacts): Notice | undefined {
  if (facts.hasContent) return undefined;
  return notice("busy", "Loading", "No live connection opens here, so the world is fetched piece by piece");
}

function live(facts: NoticeFacts): Notice | undefined {
  if (facts.hasContent) return undefined;
  if (facts.expectsContent) {
    return notice("busy", "Loading", `Waiting for the first regions of ${facts.world}`);
  }
  const command = `deno task voxcast import FILE --world ${facts.world}`;
  return notice("idle", "This world is empty", "Import a model and it appears here at once:", command);
}

/** What is waited for, by the code of the error; nothing can be done sooner about those with `isFixed`. */
const WAITS: Readonly<
  Record<string, { readonly title: string; readonly text: string; readonly isFixed?: true }>
> = {
  LOCKED_OUT: {
    title: "Locked out for a moment",
    text: "Too many keys from this address were wrong.",
    isFixed: true,
  },
  BANNED: {
    title: "Banned for a while",
    text: "More was sent from here than the server grants, again and again.",
    isFixed: true,
  },
  RATE_LIMITED: { title: "Too many requests", text: "The server asks for a pause." },
  SERVER_FULL: { title: "The server is full", text: "As many clients are connected as it accepts." },
  WORLD_FULL: { title: "This world is full", text: "As many clients are in it as it accepts." },
  ADDRESS_LIMIT: {
    title: "Too many connections from here",
    text: "Close other windows with this page, or wait until others have left.",
  },
  NOT_OPENED: {
    title: "The server takes no more connections now",
    text: "It may have as many as it accepts, or as many from this address.",
  },
  OVERLOADED: { title: "The server is overloaded", text: "It takes in new clients slowly." },
  MEMORY: { title: "The server ran short of memory", text: "It had to end connections, this one too." },
};

function waiting({ error, retryAtMs, attempts }: ClientStatus, { nowMs }: NoticeFacts): Notice {
  const leftSeconds = Math.max(0, Math.ceil(((retryAtMs ?? nowMs) - nowMs) / 1000));
  const when = leftSeconds === 0 ? "Trying again now." : `Trying again in ${durationText(leftSeconds)}.`;
  const code = error?.code ?? "";
  const known = Object.hasOwn(WAITS, code) ? WAITS[code] : undefined;
  if (known !== undefined) {
    return notice("trouble", known.title, `${known.text} ${when}`, "", known.isFixed ? "none" : "retry");
  }
  const command = attempts >= 3 ? "deno task start" : "";
  const hint = command === "" ? "" : " If the server has stopped, start it again:";
  return notice("trouble", error?.message ?? "The connection was lost", `${when}${hint}`, command, "retry");
}

function refused({ error }: ClientStatus, facts: NoticeFacts): Notice {
  switch (error?.code) {
    case "UNAUTHORIZED":
    case "AUTH_REQUIRED":
      return notice("idle", "Sign in", "This server asks for its API key.", "", "sign-in");
    case "AUTH_EXPIRED":
      return notice("idle", "Sign in again", "The key has expired.", "", "sign-in");
    case "NOT_ALLOWED":
      return notice("idle", "Sign in", "The key does not open this world; another one may.", "", "sign-in");
    case "KICKED":
      return notice("trouble", "You were removed", "A moderator has ended this connection.", "", "retry");
    case "SESSION_TAKEN":
      return notice(
        "idle",
        "This session goes on in another tab",
        "It can come back to this one.",
        "",
        "take-back",
      );
    case "WORLD_GONE":
      return elsewhere("This world was deleted");
    case "WORLD_NOT_FOUND":
      return elsewhere(`There is no world ${facts.world}`);
  }
  return notice(
    "trouble",
    "The server refused the connection",
    `${error?.message ?? "It gave no reason"}.`,
    "",
    "retry",
  );
}

function elsewhere(title: string): Notice {
  return notice("trouble", title, "Check the address, or look at the default world.", "", "default-world");
}

/** Seconds in words: minutes from 100 s on. */
function durationText(seconds: number): string {
  if (seconds < 100) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
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
