interface Stoppable {
  stop(): Promise<void>;
}

/** What a suite has started: all of it is stopped at the end, also when one start failed. */
export class Started {
  readonly #things: Promise<Stoppable>[] = [];

  keep<T extends Stoppable>(thing: Promise<T>): Promise<T> {
    this.#things.push(thing);
    return thing;
  }

  /** The last first. */
  async stop(): Promise<void> {
    for (const thing of this.#things.splice(0).reverse()) {
      await thing.then(
        (started) => started.stop(),
        () => undefined,
      );
    }
  }
}
