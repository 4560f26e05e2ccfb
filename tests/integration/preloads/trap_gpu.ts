/** Loaded before the program: the main thread's GPU becomes a trap that tells who stepped into it. Workers have their own. */
Object.defineProperty(navigator, "gpu", {
  get(): never {
    const message = "trapped: the main thread asked for the GPU";
    // Written at once, as whoever steps into it may swallow the error.
    Deno.stderr.writeSync(new TextEncoder().encode(`${message}\n`));
    throw new Error(message);
  },
});
