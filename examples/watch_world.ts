// deno-lint-ignore-file no-console -- what it prints is its result
/** Prints the regions that come into view: watch_world.ts [URL] [REGIONS] [API_KEY], with Deno or Node. */
import process from "node:process";
import { regionMorton, viewFrom, VoxcastClient, WorldRegions } from "../src/client/mod.ts";

const [url = "http://localhost:7090", wanted = "10", apiKey] = process.argv.slice(2);
let shown = 0;
const regions = new WorldRegions({
  onRegion: (key, { lod, keys }) => {
    if (shown++ >= Number(wanted)) return;
    console.log(`region ${regionMorton(key)} at level of detail ${lod}: ${keys.length} voxels`);
    if (shown === Number(wanted)) client.close();
  },
});
const credential = apiKey ? { apiKey } : undefined;
const client = new VoxcastClient({ url, regions, maxAttempts: 3, credential });
client.on("error", ({ code, message }) => console.error(code, message));
client.on("status", ({ state, error }) => {
  if (error) console.error(`${state}: ${error.message}`);
  if (state === "failed") process.exit(1);
});

await client.connect();
const viewport = viewFrom([1600, 1500, 1700], [512, 400, 512]);
const { world, bounds } = await client.register({ viewport });
console.log(`world ${world} from ${bounds.min.join(", ")} to ${bounds.max.join(", ")}`);
