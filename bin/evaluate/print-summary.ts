import type { OperatingPoint } from '../../layers/detection/types.ts';
import type { OperatingPoints, Summary } from './summarise.ts';

const pointNames: OperatingPoint[] = ['balanced', 'strict', 'sensitive'];

/** The figures as Markdown tables, with what has to be known to read them. */
export function printSummary(groups: readonly Summary[], total: Summary, points: OperatingPoints): string {
  const rows = [...groups, total];
  const borrows = groups.some(({ comparedWithAllReals }) => comparedWithAllReals);
  const parts = [
    table(
      ['group', 'fake', 'real', 'failed', 'no face', 'AUC [95% interval]', 'EER', 'log loss', 'ECE'],
      rows.map(scoreRow),
    ),
    ...pointNames.map((name) => {
      const { fakeFrom, realBelow } = points[name];
      const title = `Operating point ${name}: fake from ${decimals(fakeFrom)}, real below ${decimals(realBelow)}`;
      const columns = ['group', 'accuracy', 'false positives', 'false negatives', 'undetermined'];
      const body = table(
        columns,
        rows.map((row) => decisionRow(row, name)),
      );
      return `${title}\n\n${body}`;
    }),
    notes(total, borrows),
  ];
  return parts.join('\n\n');
}

function scoreRow(summary: Summary): string[] {
  const { clips, auc, aucInterval } = summary;
  return [
    nameOf(summary),
    ...[clips.fake, clips.real, clips.failed, clips.unscored].map(String),
    auc === null || aucInterval === null
      ? '-'
      : `${decimals(auc)} [${decimals(aucInterval.low)}, ${decimals(aucInterval.high)}]`,
    percent(summary.equalErrorRate),
    decimals(summary.logLoss),
    decimals(summary.calibrationError),
  ];
}

function decisionRow(summary: Summary, point: OperatingPoint): string[] {
  const rates = summary.operatingPoints[point];
  return [
    nameOf(summary),
    percent(rates.accuracy),
    percent(rates.falsePositiveRate),
    percent(rates.falseNegativeRate),
    String(rates.undetermined),
  ];
}

function notes({ clips }: Summary, borrows: boolean): string {
  const left = clips.failed + clips.unscored;
  return [
    borrows &&
      `* has no real clips of its own; every figure compares it with all ${clips.real} real clips of the file.`,
    left > 0 &&
      `Clips that failed (${clips.failed}) count nowhere; clips without a scored face (${clips.unscored}) count as undetermined and not in AUC, EER, log loss and ECE.`,
    'Accuracy is the share of right verdicts (undetermined is not right); false positives are reals called fake, false negatives fakes called real.',
  ]
    .filter(Boolean)
    .join('\n');
}

function nameOf({ group, comparedWithAllReals }: Summary): string {
  if (group === null) return 'all';
  return `${group || '(no group)'}${comparedWithAllReals ? ' *' : ''}`;
}

function table(header: string[], rows: string[][]): string {
  const widths = header.map((name, column) =>
    Math.max(3, name.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(header), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function decimals(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}

function percent(value: number | null): string {
  return value === null ? '-' : `${(value * 100).toFixed(1)}%`;
}
