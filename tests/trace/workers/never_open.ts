/** Never opens its device, as one whose driver hangs. */
(globalThis as unknown as { onmessage: () => void }).onmessage = () => {};
