import { createRoute, z } from "@hono/zod-openapi";
import { STATUS_CODE } from "@std/http/status";
import { requireAllowed } from "../../security/mod.ts";
import type { HttpDeps } from "../http_deps.ts";
import { readOptionalJsonAs } from "../json_body.ts";
import { smallRule } from "../json_rules.ts";
import { documentedBody, jsonAnswer, PROBLEMS } from "../route_parts.ts";
import { principalOf, type Router } from "../router_type.ts";
import { worldIdSchema } from "../schemas.ts";

const askSchema = z.strictObject({
  world: worldIdSchema.optional().openapi({
    description: "The only world that it opens; all of the credential's if left out",
  }),
  origin: z.string().max(300).regex(
    /^https?:\/\/[A-Za-z0-9.\-:[\]]+$/,
    "Expected an origin, such as https://app.example.com",
  )
    .optional().openapi({
      description:
        "The site whose pages may use it; if left out, the one that asks; if none asks, a ticket for clients that are no browser",
      example: "https://app.example.com",
    }),
}).openapi("TicketAsk");
const ticketSchema = z.object({
  ticket: z.string().openapi({ description: "Good for one upgrade" }),
  expires_at_ms: z.number().openapi({ description: "ms since 1970" }),
}).openapi("Ticket");

/** `POST /api/tickets`: for a credential a ticket for one upgrade, so that no page has to put a key into an address. */
export function addTicketRoute(router: Router, { authenticator, config }: HttpDeps): void {
  router.openapi(
    createRoute({
      method: "post",
      path: "/api/tickets",
      summary: "Get a ticket that opens one WebSocket in place of the credential",
      request: { body: documentedBody(router, "TicketAsk", askSchema, false) },
      responses: { 201: jsonAnswer("The ticket", ticketSchema), ...PROBLEMS },
    }),
    async (context) => {
      const principal = principalOf(context);
      const { world, origin } = await readOptionalJsonAs(context.req.raw, smallRule(config), askSchema);
      if (world !== undefined) requireAllowed(principal, "viewer", { world });
      const asking = origin ?? context.req.header("origin");
      const { ticket, expiresAtMs } = authenticator.issueTicket(principal, {
        ...(world === undefined ? {} : { world }),
        ...(asking === undefined ? {} : { origin: asking }),
      });
      return context.json({ ticket, expires_at_ms: expiresAtMs }, STATUS_CODE.Created);
    },
  );
}
