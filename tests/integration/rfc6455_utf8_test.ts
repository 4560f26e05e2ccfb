/** UTF-8: section 6 of Autobahn's suite. */
import { wireTest } from "./rfc6455_case.ts";
import { INVALID_BEGINNINGS, INVALID_TEXTS, VALID_TEXTS } from "./rfc6455_utf8_cases.ts";

wireTest("RFC 6455, UTF-8: what is valid arrives as it was, wherever it is cut", VALID_TEXTS);

wireTest(
  "RFC 6455, UTF-8: what is invalid fails the connection, and no part of it is answered",
  INVALID_TEXTS,
);

wireTest(
  "RFC 6455, UTF-8: an unfinished message fails as soon as it is certain to be invalid",
  INVALID_BEGINNINGS,
);
