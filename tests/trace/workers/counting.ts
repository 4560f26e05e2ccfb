/** Paints bands in a colour that counts: regions taken so far, regions forgotten, and scenes made of them. */
import { plainBand, runFakeWorker } from "./fake_worker.ts";

let taken = 0;
let forgotten = 0;
let scenes = 0;

runFakeWorker((request) => {
  if (request.type === "regions") {
    taken += request.add.length;
    forgotten += request.drop.length;
  }
  if (request.type === "scene") scenes++;
  return plainBand(request, (taken | forgotten << 8 | scenes << 16 | 0xff000000) >>> 0);
});
