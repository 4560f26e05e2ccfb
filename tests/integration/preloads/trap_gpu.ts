/** Loaded before the program: the main thread's GPU becomes a trap that tells who stepped into it. Workers have their own. */
Object.defineProperty(navigator, "gpu", {
  get(): never {
    throw new Error("trapped: the main thread asked for the GPU");
  },
});
