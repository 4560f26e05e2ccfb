/** Opens a device, and answers nothing more. */
import { runFakeWorker } from "./fake_worker.ts";

runFakeWorker(() => undefined);
