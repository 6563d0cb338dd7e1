/** Adds up the wall time of stages, in milliseconds. */
export interface Stopwatch<Stage extends string> {
  time<T>(stage: Stage, work: () => Promise<T>): Promise<T>;
  /** Count the time spent waiting for each item of `items`. */
  timeEach<T>(stage: Stage, items: AsyncIterable<T>): AsyncGenerator<T>;
  totalMs(stage: Stage): number;
  /** Since the stopwatch was made. */
  elapsedMs(): number;
}

export function createStopwatch<Stage extends string>(): Stopwatch<Stage> {
  const start = performance.now();
  const totals = new Map<Stage, number>();
  const add = (stage: Stage, since: number) =>
    totals.set(stage, (totals.get(stage) ?? 0) + performance.now() - since);
  return {
    async time(stage, work) {
      const since = performance.now();
      try {
        return await work();
      } finally {
        add(stage, since);
      }
    },
    async *timeEach(stage, items) {
      let since = performance.now();
      for await (const item of items) {
        add(stage, since);
        yield item;
        since = performance.now();
      }
      add(stage, since);
    },
    totalMs: (stage) => totals.get(stage) ?? 0,
    elapsedMs: () => performance.now() - start,
  };
}
