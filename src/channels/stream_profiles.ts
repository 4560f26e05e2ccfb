import { VoxcastError } from "../protocol/mod.ts";
import type { Connection, Profile } from "../session/mod.ts";

/** `/ws/heartbeat`: INIT, AUTH and the heartbeat, to see whether the server is well; no data. */
export const HEARTBEAT_PROFILE: Profile<Connection> = {
  ...inBand("heartbeat"),
  hasStreams: false,
};

/** `/ws/stream_features`: subscriptions to streams, without regions. */
export const STREAM_FEATURES_PROFILE: Profile<Connection> = {
  ...inBand("stream_features"),
  hasStreams: true,
};

function inBand(name: string): Omit<Profile<Connection>, "hasStreams"> {
  return {
    name,
    credential: "in-band",
    hasPayload: true,
    onMessage(_connection, { type }): void {
      throw new VoxcastError(
        "UNKNOWN_TYPE",
        `${type} is not taken on /ws/${name}, regions are streamed on /ws/render`,
      );
    },
    onClose(): void {},
  };
}
