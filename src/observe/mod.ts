/** Clock, randomness, logs and metrics: what every server folder is given, never reaches for. */
export { type Clock, systemClock, type TimerId } from "./clock.ts";
export { type Random, randomId, seededRandom, systemRandom } from "./random.ts";
export {
  createLogger,
  LOG_FORMATS,
  LOG_LEVELS,
  type LogFields,
  type LogFormat,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  silentLogger,
} from "./log.ts";
export {
  type Counter,
  DURATION_BUCKETS_MS,
  type Gauge,
  type Histogram,
  type MetricInfo,
  Metrics,
} from "./metrics.ts";
export { LoopLag, type LoopLagOptions } from "./loop_lag.ts";
