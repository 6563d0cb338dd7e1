import type { ClassifierCard } from './model-card.ts';
import { logit, sigmoid } from './probability.ts';

/**
 * Platt scaling: the classifier's score as a probability.
 * @see https://www.researchgate.net/publication/2594015
 */
export function calibrate(raw: number, { scale, bias }: ClassifierCard['calibration']): number {
  return sigmoid(scale * logit(raw) + bias);
}
