import type { ServerStatus } from "./status.ts";

/** One number of the server: its place in the JSON, its name in the registry, and where it comes from. */
export interface MetricRow {
  /** Dotted place in `/api/metrics`; the names of the `builder` and `cache` groups are those of the original system. */
  readonly field: string;
  readonly name: string;
  readonly kind: "counter" | "gauge";
  readonly help: string;
  readonly read: (status: ServerStatus) => number;
}

/** What `/api/metrics` shows of {@linkcode ServerStatus}, in both renderings. */
export const METRIC_TABLE: readonly MetricRow[] = [
  gauge("uptimeMs", "voxcast_uptime_ms", "Time since the start", (s) => s.uptimeMs),

  counter(
    "builder.totalBuilds",
    "voxcast_builder_builds_total",
    "Successful builds",
    (s) => s.builder.totalBuilds,
  ),
  counter(
    "builder.failedBuilds",
    "voxcast_builder_failed_total",
    "Failed builds",
    (s) => s.builder.failedBuilds,
  ),
  gauge(
    "builder.queueDepth",
    "voxcast_builder_queue_depth",
    "Regions in the queue",
    (s) => s.builder.queueDepth,
  ),
  gauge("builder.inFlight", "voxcast_builder_in_flight", "Regions being built", (s) => s.builder.inFlight),
  gauge(
    "builder.avgBuildTimeMs",
    "voxcast_builder_avg_build_time_ms",
    "Mean time of a successful build",
    (s) => s.builder.avgBuildTimeMs,
  ),

  gauge(
    "builder.avgWaitMs",
    "voxcast_builder_avg_wait_ms",
    "Mean time in the queue",
    (s) => s.builder.avgWaitMs,
  ),
  gauge(
    "builder.maxWaitMs",
    "voxcast_builder_max_wait_ms",
    "Longest time in the queue",
    (s) => s.builder.maxWaitMs,
  ),
  counter(
    "builder.refusals",
    "voxcast_builder_refusals_total",
    "Regions that the full queue turned away; they come back",
    (s) => s.builder.refusals,
  ),
  counter(
    "builder.evictions",
    "voxcast_builder_evictions_total",
    "Unseen regions that made room for seen ones in the full queue; they come back",
    (s) => s.builder.evictions,
  ),
  counter(
    "builder.cancellations",
    "voxcast_builder_cancellations_total",
    "Builds given up because nobody needed them any more",
    (s) => s.builder.cancellations,
  ),
  counter(
    "builder.retries",
    "voxcast_builder_retries_total",
    "Attempts at a region whose last attempt had failed",
    (s) => s.builder.retries,
  ),
  gauge(
    "builder.openBreakers",
    "voxcast_builder_open_breakers",
    "Regions that are left alone after failures",
    (s) => s.builder.openBreakers,
  ),
  gauge(
    "builder.halfOpenBreakers",
    "voxcast_builder_half_open_breakers",
    "Such regions that are tried again",
    (s) => s.builder.halfOpenBreakers,
  ),

  gauge(
    "builder.breakerOpen",
    "voxcast_builder_breaker_open",
    "1 while the GPU is left alone after failures, 0.5 while it is tried again",
    (s) => s.builder.breaker === "open" ? 1 : s.builder.breaker === "half-open" ? 0.5 : 0,
  ),
  counter("builder.batches", "voxcast_builder_batches_total", "Batches of the GPU", (s) => s.builder.batches),
  counter(
    "builder.batchRegions",
    "voxcast_builder_batch_regions_total",
    "Regions of these batches",
    (s) => s.builder.batchRegions,
  ),
  counter(
    "builder.deviceLosses",
    "voxcast_builder_device_losses_total",
    "Times that the GPU's device went away",
    (s) => s.builder.deviceLosses,
  ),
  counter("builder.hangs", "voxcast_builder_hangs_total", "Times that the GPU hung", (s) => s.builder.hangs),
  counter(
    "builder.fallbackBuilds",
    "voxcast_builder_fallback_builds_total",
    "Regions given to the CPU in place of the GPU",
    (s) => s.builder.fallbackBuilds,
  ),
  counter(
    "builder.gpuMs",
    "voxcast_builder_gpu_ms_total",
    "Time on the GPU itself, where it can tell",
    (s) => s.builder.gpuMs,
  ),

  gauge(
    "cache.pinnedCount",
    "voxcast_cache_pinned",
    "Cached regions that a client sees",
    (s) => s.cache.pinnedCount,
  ),
  gauge(
    "cache.unpinnedCount",
    "voxcast_cache_unpinned",
    "Other cached regions",
    (s) => s.cache.unpinnedCount,
  ),
  gauge("cache.totalCount", "voxcast_cache_regions", "Cached regions", (s) => s.cache.totalCount),
  gauge(
    "cache.totalMemoryBytes",
    "voxcast_cache_bytes",
    "Memory of the cache",
    (s) => s.cache.totalMemoryBytes,
  ),
  gauge(
    "cache.maxMemoryBytes",
    "voxcast_cache_max_bytes",
    "Most memory of the cache",
    (s) => s.cache.maxMemoryBytes,
  ),
  gauge(
    "cache.caffeineHitRate",
    "voxcast_cache_hit_rate",
    "Part of the look-ups that hit",
    (s) => s.cache.hitRate,
  ),
  gauge("cache.caffeineMissRate", "voxcast_cache_miss_rate", "Part that missed", (s) => s.cache.missRate),
  counter(
    "cache.caffeineEvictionCount",
    "voxcast_cache_evictions_total",
    "Regions evicted",
    (s) => s.cache.evictionCount,
  ),
  gauge(
    "cache.memoryPressure",
    "voxcast_cache_memory_pressure",
    "Bytes over the most",
    (s) => s.cache.memoryPressure,
  ),
  gauge(
    "cache.heldLod",
    "voxcast_cache_held_lod",
    "LOD finer than which no region in view is kept, for want of memory",
    (s) => s.cache.heldLod,
  ),
  gauge(
    "cache.demandBytes",
    "voxcast_cache_demand_bytes",
    "What the regions in view would take in full detail",
    (s) => s.cache.demandBytes,
  ),
  counter(
    "cache.trims",
    "voxcast_cache_trims_total",
    "Times that a region lost its finest levels to make room",
    (s) => s.cache.trims,
  ),
  counter(
    "cache.oversized",
    "voxcast_cache_oversized_total",
    "Regions that alone exceeded the budget",
    (s) => s.cache.oversized,
  ),

  gauge("clients.connected", "voxcast_clients_connected", "Open sockets", (s) => s.clients.connected),
  gauge("clients.streaming", "voxcast_clients_streaming", "Sockets streamed to", (s) => s.clients.streaming),
  counter(
    "clients.accepted",
    "voxcast_clients_accepted_total",
    "Sockets accepted",
    (s) => s.clients.accepted,
  ),
  counter("clients.refused", "voxcast_clients_refused_total", "Sockets refused", (s) => s.clients.refused),
  counter(
    "clients.messagesIn",
    "voxcast_clients_messages_in_total",
    "Messages received",
    (s) => s.clients.messagesIn,
  ),
  counter(
    "clients.malformedMessages",
    "voxcast_clients_malformed_messages_total",
    "Messages that could not be understood",
    (s) => s.clients.malformedMessages,
  ),
  counter(
    "clients.framesSent",
    "voxcast_clients_frames_sent_total",
    "Frames sent",
    (s) => s.clients.framesSent,
  ),
  counter("clients.bytesSent", "voxcast_clients_bytes_sent_total", "Bytes sent", (s) => s.clients.bytesSent),
  gauge(
    "clients.bufferedBytes",
    "voxcast_clients_buffered_bytes",
    "Bytes waiting in the sockets",
    (s) => s.clients.bufferedBytes,
  ),

  counter("ledger.owed", "voxcast_ledger_owed_total", "Frames owed to clients", (s) => s.ledger.owed),
  counter("ledger.delivered", "voxcast_ledger_delivered_total", "Of these, sent", (s) => s.ledger.delivered),
  counter(
    "ledger.superseded",
    "voxcast_ledger_superseded_total",
    "Of these, replaced by a newer one before they were sent",
    (s) => s.ledger.superseded,
  ),
  counter(
    "ledger.leftView",
    "voxcast_ledger_left_view_total",
    "Of these, no longer seen",
    (s) => s.ledger.leftView,
  ),
  gauge("ledger.pending", "voxcast_ledger_pending", "Of these, still owed", (s) => s.ledger.pending),

  gauge("bulk.batchSize", "voxcast_bulk_batch_size", "Mean frames of a message", (s) => s.bulk.batchSize),
  counter("bulk.parts", "voxcast_bulk_parts_total", "Parts of long messages", (s) => s.bulk.parts),
  counter(
    "bulk.sendFailures",
    "voxcast_bulk_send_failures_total",
    "Messages that a socket did not take",
    (s) => s.bulk.sendFailures,
  ),
  gauge(
    "bulk.buffersLent",
    "voxcast_bulk_buffers_lent",
    "Buffers in use; 0 between two turns unless one is lost",
    (s) => s.bulk.buffersLent,
  ),
  gauge("bulk.buffersFree", "voxcast_bulk_buffers_free", "Free buffers", (s) => s.bulk.buffersFree),
  counter(
    "bulk.buffersMade",
    "voxcast_bulk_buffers_made_total",
    "Buffers made",
    (s) => s.bulk.buffersMade,
  ),
  gauge(
    "backpressure.slowClients",
    "voxcast_backpressure_slow_clients",
    "Clients that are told to be behind",
    (s) => s.backpressure.slowClients,
  ),

  gauge("memory.rssBytes", "voxcast_process_rss_bytes", "Resident memory", () => Deno.memoryUsage().rss),
  gauge(
    "memory.heapUsedBytes",
    "voxcast_process_heap_used_bytes",
    "Heap in use",
    () => Deno.memoryUsage().heapUsed,
  ),
  gauge(
    "memory.heapTotalBytes",
    "voxcast_process_heap_total_bytes",
    "Heap",
    () => Deno.memoryUsage().heapTotal,
  ),
  gauge(
    "memory.externalBytes",
    "voxcast_process_external_bytes",
    "Outside the heap",
    () => Deno.memoryUsage().external,
  ),
];

function counter(field: string, name: string, help: string, read: MetricRow["read"]): MetricRow {
  return { field, name, kind: "counter", help, read };
}

function gauge(field: string, name: string, help: string, read: MetricRow["read"]): MetricRow {
  return { field, name, kind: "gauge", help, read };
}
