import type { DecisionRates } from './metrics/decision-rates.ts';
import type { Summary } from './summarise.ts';

/** A summary under the names that --json prints. */
export function toJson(summary: Summary) {
  const { group, clips, aucInterval, operatingPoints } = summary;
  return {
    group,
    clips: { fake: clips.fake, real: clips.real, failed: clips.failed, no_face: clips.unscored },
    compared_with_all_reals: summary.comparedWithAllReals,
    auc: summary.auc,
    auc_95: aucInterval && [aucInterval.low, aucInterval.high],
    eer: summary.equalErrorRate,
    log_loss: summary.logLoss,
    expected_calibration_error: summary.calibrationError,
    operating_points: {
      balanced: toRates(operatingPoints.balanced),
      strict: toRates(operatingPoints.strict),
      sensitive: toRates(operatingPoints.sensitive),
    },
  };
}

function toRates(rates: DecisionRates) {
  return {
    accuracy: rates.accuracy,
    false_positive_rate: rates.falsePositiveRate,
    false_negative_rate: rates.falseNegativeRate,
    undetermined: rates.undetermined,
  };
}
