import type { Detector } from '../layers/detection/types.ts';

/**
 * Start loading the models now and hand out the one detector. A load that failed is tried again by the next call, so
 * that one bad start does not spoil the process for good.
 */
export function loadDetector(create: () => Promise<Detector>): () => Promise<Detector> {
  let loading: Promise<Detector> | undefined;
  const load = () => {
    const attempt = create();
    loading = attempt;
    attempt.catch(() => {
      if (loading === attempt) loading = undefined;
    });
    return attempt;
  };
  // The caller that awaits the detector learns of a failure; here it must only not end the process.
  load().catch(() => undefined);
  return () => loading ?? load();
}
