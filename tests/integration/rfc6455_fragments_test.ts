/** Fragmented messages: section 5 of Autobahn's suite. */
import { wireTest } from "./rfc6455_case.ts";
import { AROUND_CONTROL_FRAMES, OUT_OF_ORDER } from "./rfc6455_fragments_cases.ts";

wireTest(
  "RFC 6455, fragments: control frames must not be cut, and may stand between fragments",
  AROUND_CONTROL_FRAMES,
);

wireTest("RFC 6455, fragments: what is out of order fails the connection", OUT_OF_ORDER);
