import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { BufferPool } from "../../src/gpu/buffer_pool.ts";
import { testOnDevice } from "../build/gpu/test_device.ts";

const USAGE = 0x80 | 0x04 | 0x08; // STORAGE, COPY_SRC, COPY_DST

testOnDevice("A buffer given back is used again for about that size and the same usage", (device) => {
  const pool = new BufferPool(device, 1 << 20);
  const first = pool.acquire(1000, USAGE);
  assert(first.size >= 1000 && first.size <= 1250);
  assert(pool.acquire(1000, USAGE) !== first, "one in use is nobody else's");
  pool.release(first);
  assert(pool.acquire(1000, USAGE | 0x100) !== first, "another usage");
  assert(pool.acquire(4000, USAGE) !== first, "another size");
  assertStrictEquals(pool.acquire(first.size - 8, USAGE), first);
  return Promise.resolve();
});

testOnDevice("Sizes waste a quarter at most, and never go beyond what the device has", (device) => {
  const pool = new BufferPool(device, 0);
  for (const bytes of [1, 4, 255, 256, 257, 1000, 1025, 65_537, 1_000_000, 3_000_001]) {
    const buffer = pool.acquire(bytes, USAGE);
    assert(
      buffer.size >= bytes && buffer.size <= Math.max(256, 1.25 * bytes + 256),
      `${buffer.size} for ${bytes}`,
    );
    assertEquals(buffer.size % 4, 0);
    pool.release(buffer);
  }
  assertEquals(pool.stats(), { bytes: 0, freeBytes: 0 });
  return Promise.resolve();
});

testOnDevice("Bytes are counted, and free ones beyond the limit are destroyed", (device) => {
  const pool = new BufferPool(device, 1024);
  const buffers = [512, 512, 512].map((bytes) => pool.acquire(bytes, USAGE));
  assertEquals(pool.stats(), { bytes: 1536, freeBytes: 0 });
  for (const buffer of buffers) pool.release(buffer);
  assertEquals(pool.stats(), { bytes: 1024, freeBytes: 1024 });
  const [again, next] = [pool.acquire(512, USAGE), pool.acquire(512, USAGE)];
  assertEquals(new Set([again, next]), new Set(buffers.slice(0, 2)));
  assertEquals(pool.stats(), { bytes: 1024, freeBytes: 0 });
  return Promise.resolve();
});

testOnDevice(
  "A buffer of which nobody knows the state is destroyed, and is not of the pool any more",
  (device) => {
    const pool = new BufferPool(device, 1 << 20);
    const buffer = pool.acquire(512, USAGE);
    pool.destroy(buffer);
    assertEquals(pool.stats(), { bytes: 0, freeBytes: 0 });
    assert(pool.acquire(512, USAGE) !== buffer);
    assertThrows(() => pool.release(buffer), RangeError, "Cannot release a buffer that is not of this pool");
    return Promise.resolve();
  },
);

testOnDevice("A stranger's buffer is refused", (device) => {
  const pool = new BufferPool(device, 1 << 20);
  const stranger = new BufferPool(device, 0).acquire(512, USAGE);
  assertThrows(() => pool.release(stranger), RangeError, "Cannot release a buffer that is not of this pool");
  assertEquals(pool.stats(), { bytes: 0, freeBytes: 0 });
  return Promise.resolve();
});

testOnDevice("Disposed, a pool keeps only what is in use, which may still be given back", (device) => {
  const pool = new BufferPool(device, 1 << 20);
  const [used, free] = [pool.acquire(512, USAGE), pool.acquire(512, USAGE)];
  pool.release(free);
  pool.dispose();
  assertEquals(pool.stats(), { bytes: 512, freeBytes: 0 });
  pool.release(used);
  assertEquals(pool.stats(), { bytes: 512, freeBytes: 512 });
  pool.dispose();
  assertEquals(pool.stats(), { bytes: 0, freeBytes: 0 });
  return Promise.resolve();
});
