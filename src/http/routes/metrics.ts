import { createRoute, z } from "@hono/zod-openapi";
import { accepts } from "@std/http/negotiation";
import { STATUS_CODE } from "@std/http/status";
import type { CachedBody, EndpointCache } from "../endpoint_cache.ts";
import type { HttpDeps } from "../http_deps.ts";
import { MetricsReport } from "../metrics_report.ts";
import { PROBLEMS } from "../route_parts.ts";
import type { Router } from "../router_type.ts";

type Format = "json" | "prometheus";

const query = z.object({
  format: z.enum(["json", "prometheus"]).optional().openapi({ description: "In place of the Accept header" }),
});
const group = z.record(z.string(), z.number());
const metricsSchema = z.looseObject({
  uptimeMs: z.number(),
  builder: z.looseObject({ name: z.string() }),
  cache: group,
  clients: group,
  ledger: z.looseObject({ owed: z.number() }),
  bulk: z.looseObject({ batchSize: z.number() }),
  backpressure: z.looseObject({ slowClients: z.number() }),
  session: z.looseObject({ open: z.number() }),
  memory: group,
  worlds: z.record(z.string(), group),
}).openapi("Metrics");

/** `/api/metrics`: one registry as JSON or as Prometheus text, kept for a moment. */
export function addMetricsRoute(router: Router, deps: HttpDeps, cache: EndpointCache): void {
  const report = new MetricsReport(deps.metrics, deps.status, deps.worlds);
  router.openapi(
    createRoute({
      method: "get",
      path: "/api/metrics",
      summary: "Counters and present load",
      request: { query },
      responses: {
        200: {
          description: "JSON, or the Prometheus text if the client prefers text/plain",
          content: { "application/json": { schema: metricsSchema }, "text/plain": { schema: z.string() } },
        },
        ...PROBLEMS,
      },
    }),
    async (context) => {
      const format = context.req.valid("query").format ?? preferred(context.req.raw);
      const { body, contentType } = await cache.get(`metrics ${format}`, () => render(report, format));
      context.header("vary", "Accept");
      if (format === "prometheus") return context.text(body, STATUS_CODE.OK, { "content-type": contentType });
      return context.json(JSON.parse(body) as z.infer<typeof metricsSchema>, STATUS_CODE.OK);
    },
  );
}

/** Prometheus asks with a version, and a type without it would not match. */
function preferred(request: Request): Format {
  const type = accepts(request, "application/json", "text/plain", "text/plain;version=0.0.4");
  return type?.startsWith("text/plain") ? "prometheus" : "json";
}

async function render(report: MetricsReport, format: Format): Promise<CachedBody> {
  if (format === "prometheus") return { body: await report.prometheus(), contentType: report.prometheusType };
  return { body: JSON.stringify(await report.json()), contentType: "application/json" };
}
