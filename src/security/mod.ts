/** Who may speak to the server: its API key, and which pages of the same browser. */
export {
  type ApiKeyCheck,
  createApiKeyCheck,
  isWebSocketUpgrade,
  KEY_SUBPROTOCOL_PREFIX,
  keySubprotocol,
  SUBPROTOCOL,
} from "./api_key.ts";
export { type OriginProblem, originProblem, type OriginRule } from "./same_origin.ts";
