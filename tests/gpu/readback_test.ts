import { assertEquals, assertRejects } from "@std/assert";
import { Readback } from "../../src/gpu/readback.ts";
import { findAdapters } from "../../src/gpu/adapter.ts";
import { openDevice } from "../../src/gpu/mod.ts";
import { sharedDevice, testOnDevice } from "../build/gpu/test_device.ts";

const MAP_READ = 0x01;
const COPY_SRC = 0x04;
const COPY_DST = 0x08;

function buffers(device: GPUDevice, words: number): { source: GPUBuffer; staging: GPUBuffer } {
  return {
    source: device.createBuffer({ size: 4 * words, usage: COPY_SRC | COPY_DST }),
    staging: device.createBuffer({ size: 4 * words, usage: MAP_READ | COPY_DST }),
  };
}

function fill(
  device: GPUDevice,
  source: GPUBuffer,
  staging: GPUBuffer,
  words: Uint32Array<ArrayBuffer>,
): void {
  device.queue.writeBuffer(source, 0, words);
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(source, 0, staging, 0, words.byteLength);
  device.queue.submit([encoder.finish()]);
}

testOnDevice(
  "Through one staging buffer come the right bytes every time, those asked for and no more",
  async (device) => {
    const readback = new Readback();
    const { source, staging } = buffers(device, 1024);
    for (let round = 1; round <= 6; round++) {
      const words = Uint32Array.from({ length: 1024 }, (_, i) => i * round);
      fill(device, source, staging, words);
      const bytes = 4 * (round % 2 === 0 ? 1024 : 100);
      const made = await readback.read(staging, bytes, (range) => new Uint32Array(range.slice(0, bytes)));
      assertEquals(made, words.slice(0, bytes / 4), `round ${round}`);
    }
    source.destroy();
    staging.destroy();
  },
);

testOnDevice("Two staging buffers are kept apart, in whichever order they are read", async (device) => {
  const readback = new Readback();
  const [one, two] = [buffers(device, 16), buffers(device, 16)];
  const words = (value: number) => new Uint32Array(16).fill(value);
  for (const round of [1, 2, 3]) {
    fill(device, one.source, one.staging, words(round));
    fill(device, two.source, two.staging, words(100 * round));
    const take = (range: ArrayBuffer) => new Uint32Array(range)[15];
    const made = [await readback.read(two.staging, 64, take), await readback.read(one.staging, 64, take)];
    assertEquals(made, [100 * round, round]);
  }
});

testOnDevice(
  "A staging buffer can be read again after its reader has failed, the first time and later",
  async (device) => {
    const readback = new Readback();
    const { source, staging } = buffers(device, 4);
    for (const value of [7, 8, 9]) {
      fill(device, source, staging, new Uint32Array(4).fill(value));
      const fail = () => {
        throw new RangeError(`no ${value}`);
      };
      await assertRejects(() => readback.read(staging, 16, fail), RangeError, `no ${value}`);
      fill(device, source, staging, new Uint32Array(4).fill(value + 10));
      assertEquals(await readback.read(staging, 16, (range) => new Uint32Array(range)[0]), value + 10);
    }
  },
);

testOnDevice("A device that is gone fails the read, of a new buffer and of one read before", async () => {
  await sharedDevice();
  const [found] = await findAdapters(navigator.gpu);
  const { device } = await openDevice(found!, { onError: () => {} });
  const readback = new Readback();
  const [known, fresh] = [buffers(device, 4), buffers(device, 4)];
  fill(device, known.source, known.staging, Uint32Array.of(1, 2, 3, 4));
  await readback.read(known.staging, 16, () => {});
  device.destroy();
  await assertRejects(() => readback.read(known.staging, 16, (range) => range.slice(0)));
  await assertRejects(() => readback.read(fresh.staging, 16, (range) => range.slice(0)));
});
