/**
 * A promise that is settled from outside, once; what comes later is passed over. Nobody has to wait for it.
 */
export class Deferred<Value> {
  readonly promise: Promise<Value>;
  #resolve!: (value: Value) => void;
  #reject!: (error: unknown) => void;
  #isSettled = false;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A rejection that nobody waits for is no fault.
    this.promise.catch(() => {});
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  resolve(value: Value): void {
    this.#isSettled = true;
    this.#resolve(value);
  }

  reject(error: unknown): void {
    this.#isSettled = true;
    this.#reject(error);
  }
}
