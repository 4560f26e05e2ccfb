/** The kernel of all connections: accepted, authenticated, limited, kept alive, closed and accounted for in one way. */
export type { Caller } from "./caller.ts";
export { Connection } from "./connection.ts";
export type { ConnectionCounters } from "./connection_counters.ts";
export { Kernel, type KernelOptions } from "./kernel.ts";
export { grantedLimits, type KernelLimits, kernelLimits } from "./kernel_limits.ts";
export type { KernelStatus } from "./kernel_status.ts";
export { type GuardedConnection, MemoryGuard } from "./memory_guard.ts";
export { MESSAGE_NEEDS, type MessageNeed } from "./message_needs.ts";
export type { ChannelMessage, Profile } from "./profile.ts";
export { ConnectionRegistry, type RegistryLimits } from "./registry.ts";
export type { Transport } from "./wire.ts";
export type { RunningStream, StreamRequest, StreamSink, StreamSource } from "./stream_source.ts";
