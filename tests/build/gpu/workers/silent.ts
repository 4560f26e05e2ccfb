/** A GPU Worker that never opens its device, as one whose driver hangs. */
(globalThis as unknown as { onmessage: () => void }).onmessage = () => {};
