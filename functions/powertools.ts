import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Log } from '../layers/api/log.ts';

/** Structured JSON logs; the level comes from Powertools' own variable. */
export function createLog(serviceName: string): Log {
  const logger = new Logger({ serviceName });
  return {
    info: (message, fields = {}) => logger.info(message, fields),
    warn: (message, fields = {}) => logger.warn(message, fields),
    error: (message, fields = {}) => logger.error(message, fields),
  };
}

/** Metrics in EMF, read by CloudWatch from the log. */
export function createMetrics(serviceName: string): Metrics {
  return new Metrics({ namespace: 'DeepfakeDetection', serviceName });
}
