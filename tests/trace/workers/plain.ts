/** Paints everything green. */
import { plainBand, runFakeWorker } from "./fake_worker.ts";

runFakeWorker((request) => plainBand(request, 0xff00ff00));
