import { assertEquals, assertThrows } from "@std/assert";
import { type LoadOptions, readLoadOptions } from "../../src/cli/load/load_arguments.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { FEATURES } from "../../src/protocol/mod.ts";

Deno.test("a load without options is 100 clients on orbits for half a minute", () => {
  assertEquals(readLoadOptions({}), {
    workload: "regions",
    clients: 100,
    ramp: 50,
    seconds: 30,
    path: "orbit",
    rate: 10,
    edits: 10,
    features: FEATURES,
    verify: 2,
    server: new URL("http://127.0.0.1:7090"),
    world: "main",
    ticket: false,
  });
});

Deno.test("a preset gives clients, ramp and time, and options win over it", () => {
  const of = (options: LoadOptions) => {
    const { clients, ramp, seconds } = readLoadOptions(options);
    return [clients, ramp, seconds];
  };
  assertEquals(of({ preset: "small" }), [100, 10, 120]);
  assertEquals(of({ preset: "large" }), [500, 50, 300]);
  assertEquals(of({ preset: "large", clients: "20", seconds: "2m" }), [20, 50, 120]);
});

Deno.test("the address of a load may be that of sockets or of requests", () => {
  for (const url of ["ws://host:1234", "http://host:1234/", "host:1234"]) {
    assertEquals(readLoadOptions({ url }).server.href, "http://host:1234/");
  }
  assertEquals(readLoadOptions({ server: "wss://host" }).server.href, "https://host/");
});

Deno.test("features are all, none, or some in the order of the protocol", () => {
  assertEquals(readLoadOptions({ features: "none" }).features, []);
  assertEquals(readLoadOptions({ features: "flow, bundles" }).features, ["bundles", "flow"]);
});

Deno.test("wrong options of a load are refused with what they should be", () => {
  const wrong: [LoadOptions, string][] = [
    [{ workload: "chaos" }, '--workload must be regions or mixed, got "chaos"'],
    [{ preset: "huge" }, '--preset must be small or large, got "huge"'],
    [{ preset: "toString" }, "--preset must be"],
    [{ clients: "0" }, "--clients must be a whole number from 1 to 100000"],
    [{ clients: "1e3" }, '--clients must be a whole number from 1 to 100000, got "1e3"'],
    [{ ramp: "-1" }, "--ramp must be"],
    [{ seconds: "soon" }, "--seconds must be a time"],
    [{ path: "fly" }, "--path must be orbit or walk or still"],
    [{ features: "bundles,magic" }, 'got "magic"'],
    [{ world: "No" }, "--world must be"],
    [{ url: "ftp://host" }, '--url must be an address such as ws://127.0.0.1:7090, got "ftp://host"'],
    [{ url: "a", server: "b" }, "--url and --server cannot both be given"],
    [{ key: "a", token: "b" }, "--key and --token cannot both be given"],
  ];
  for (const [options, words] of wrong) assertThrows(() => readLoadOptions(options), UsageError, words);
});
