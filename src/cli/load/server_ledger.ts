import { type ServerClient, ServerError } from "../server_client.ts";

/** The server's account of frames. */
export type ServerLedger = Readonly<Record<string, number>>;

interface LedgerAnswer {
  readonly owed: number;
  readonly delivered: number;
  readonly superseded: number;
  readonly "left_view": number;
  readonly pending: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/** The server's ledger, with reasons as `dropped closed`; undefined if the credential is not for all worlds. */
export async function readLedger(server: ServerClient): Promise<ServerLedger | undefined> {
  try {
    const { ledger } = await server.get("/ws/stats") as { ledger: LedgerAnswer };
    const { dropped, ...rest } = ledger;
    return {
      ...rest,
      ...Object.fromEntries(Object.entries(dropped).map(([reason, count]) => [`dropped ${reason}`, count])),
    };
  } catch (error) {
    if (error instanceof ServerError) return undefined;
    throw error;
  }
}

/** What has come to a ledger since an earlier look; what is pending is as it is. */
export function since(ledger: ServerLedger, before: ServerLedger): ServerLedger {
  return Object.fromEntries(
    Object.entries(ledger).map((
      [name, count],
    ) => [name, name === "pending" ? count : count - (before[name] ?? 0)]),
  );
}

/** Whether every frame that was ever owed has an end, or still waits. */
export function addsUp({ owed = 0, ...ends }: ServerLedger): boolean {
  return owed === Object.values(ends).reduce((sum, count) => sum + count, 0);
}
