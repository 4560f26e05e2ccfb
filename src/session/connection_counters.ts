/** Traffic of one connection since it was accepted, or of many together. */
export interface ConnectionCounters {
  /** Messages of any kind handed to the socket, frames among them. */
  packetsSent: number;
  packetsReceived: number;
  bytesSent: number;
  bytesReceived: number;
  /** Region frames handed to the socket, and the bytes of their messages before compression. */
  framesSent: number;
  regionBytesSent: number;
  /** Messages of streams that were dropped because the client was slow. */
  droppedFrames: number;
  /** Messages that were answered with an error. */
  malformedMessages: number;
  /** Reliable messages without an ACK, and messages of streams that still waited, when they were given up. */
  undelivered: number;
  authFailures: number;
}

/** All at 0. */
export function newCounters(): ConnectionCounters {
  return {
    packetsSent: 0,
    packetsReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
    framesSent: 0,
    regionBytesSent: 0,
    droppedFrames: 0,
    malformedMessages: 0,
    undelivered: 0,
    authFailures: 0,
  };
}

/** Adds one connection's traffic to a total. */
export function addCounters(total: ConnectionCounters, counters: ConnectionCounters): void {
  total.packetsSent += counters.packetsSent;
  total.packetsReceived += counters.packetsReceived;
  total.bytesSent += counters.bytesSent;
  total.bytesReceived += counters.bytesReceived;
  total.framesSent += counters.framesSent;
  total.regionBytesSent += counters.regionBytesSent;
  total.droppedFrames += counters.droppedFrames;
  total.malformedMessages += counters.malformedMessages;
  total.undelivered += counters.undelivered;
  total.authFailures += counters.authFailures;
}
