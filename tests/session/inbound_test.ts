import { assertEquals } from "@std/assert";
import { KernelFixture, registerMessage } from "./kernel_fixture.ts";

Deno.test("a fault of the server's own is told as INTERNAL with the message's id, and is in the log", async () => {
  using fixture = await KernelFixture.create();
  const fault = new Error("a bug");
  Object.defineProperty(fixture.stream.streamer, "updateViewport", {
    value: () => {
      throw fault;
    },
  });
  const socket = fixture.connect("render");
  socket.say({ ...registerMessage("w"), type: "UPDATE_VIEWPORT", id: "7" });
  const { data } = socket.last;
  assertEquals([data.code, data.ref], ["INTERNAL", "7"]);
  assertEquals(fixture.logged("session.message_failed"), [{ error: fault }]);
});
