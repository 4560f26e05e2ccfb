/** The kernel of all connections: accepted, authenticated, limited, kept alive, closed and accounted for in one way. */
export { Connection, type ConnectionLimits, type Transport } from "./connection.ts";
export type { ConnectionCounters } from "./connection_counters.ts";
export { type Caller, Kernel, type KernelLimits, type KernelOptions, type KernelStatus } from "./kernel.ts";
export { grantedLimits, kernelLimits } from "./kernel_limits.ts";
export { type GuardedConnection, MemoryGuard } from "./memory_guard.ts";
export { MESSAGE_NEEDS, type MessageNeed } from "./message_needs.ts";
export type { ChannelMessage, Profile } from "./profile.ts";
export { ConnectionRegistry, type RegistryLimits } from "./registry.ts";
export type { RunningStream, StreamRequest, StreamSink, StreamSource } from "./stream_source.ts";
