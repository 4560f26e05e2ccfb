/** Frames, pings, reserved bits and opcodes: sections 1 to 4 and 10 of Autobahn's suite. */
import { wireTest } from "./rfc6455_case.ts";
import { FRAMING, PINGS, RESERVED_BITS, RESERVED_OPCODES } from "./rfc6455_framing_cases.ts";

wireTest("RFC 6455, framing: messages of every form of length are read and answered", FRAMING);

wireTest("RFC 6455, pings are answered with what they carry, pongs are not answered", PINGS);

wireTest("RFC 6455, reserved bits fail the connection, as nothing was negotiated", RESERVED_BITS);

wireTest("RFC 6455, reserved opcodes fail the connection", RESERVED_OPCODES);
