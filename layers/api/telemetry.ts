import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Detection } from '../detection/types.ts';

/** Count one examined clip. The metrics are published as EMF lines by `metrics.publishStoredMetrics()`. */
export function recordDetection(metrics: Metrics | undefined, { verdict, timingMs }: Detection): void {
  if (!metrics) return;
  metrics.addMetric('Clips', MetricUnit.Count, 1);
  metrics.addMetric(verdictMetric[verdict], MetricUnit.Count, 1);
  metrics.addMetric('DecodeTime', MetricUnit.Milliseconds, timingMs.decode);
  metrics.addMetric('FindFacesTime', MetricUnit.Milliseconds, timingMs.findFaces);
  metrics.addMetric('ClassifyTime', MetricUnit.Milliseconds, timingMs.classify);
  metrics.addMetric('TotalTime', MetricUnit.Milliseconds, timingMs.total);
  metrics.publishStoredMetrics();
}

const verdictMetric = {
  fake: 'VerdictFake',
  real: 'VerdictReal',
  undetermined: 'VerdictUndetermined',
} as const;

/** Count one clip that could not be examined through a fault of its own. */
export function recordFailure(metrics: Metrics | undefined): void {
  metrics?.addMetric('FailedClips', MetricUnit.Count, 1);
  metrics?.publishStoredMetrics();
}
