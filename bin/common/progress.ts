export interface Progress {
  /** One more clip is done. */
  step(): void;
  /** Take the line away, before something else is printed or at the end. */
  clear(): void;
}

/** A line on stderr that says how many clips are done; nothing when stderr is no terminal or there is one clip only. */
export function createProgress(total: number, stream: NodeJS.WriteStream = process.stderr): Progress {
  const isShown = stream.isTTY && total > 1;
  const startedAt = performance.now();
  let done = 0;

  const draw = () => {
    const remainingS = ((performance.now() - startedAt) / 1000 / done) * (total - done);
    const estimate = done > 0 ? `, about ${duration(remainingS)} left` : '';
    stream.write(`\r\x1b[K${done} of ${total} clips${estimate}`);
  };
  if (isShown) draw();
  return {
    step() {
      done += 1;
      if (isShown) draw();
    },
    clear() {
      if (isShown) stream.write('\r\x1b[K');
    },
  };
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
