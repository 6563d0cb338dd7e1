import { randomUUID } from 'node:crypto';
import { toDetectionResponse } from '../../layers/api/detection-response.ts';
import type { Detector } from '../../layers/detection/index.ts';
import type { Examiner, Question } from './examiner.ts';

/** Examines clips on this machine. */
export function createLocalExaminer(detector: Detector, { operatingPoint, include }: Question): Examiner {
  return {
    async examine(path, signal) {
      const detection = await detector.detect(path, {
        signal,
        heatmap: include.includes('heatmap'),
        ...(operatingPoint && { operatingPoint }),
      });
      return toDetectionResponse(detection, { id: randomUUID(), include, receiveMs: 0 });
    },
    close: () => detector.close(),
  };
}
