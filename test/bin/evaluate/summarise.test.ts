import { describe, expect, it } from 'vitest';
import type { ExaminedClip } from '../../../bin/evaluate/examined-clip.ts';
import { printSummary } from '../../../bin/evaluate/print-summary.ts';
import { summarise } from '../../../bin/evaluate/summarise.ts';

const points = {
  balanced: { fakeFrom: 0.5, realBelow: 0.5 },
  strict: { fakeFrom: 0.8, realBelow: 0.5 },
  sensitive: { fakeFrom: 0.3, realBelow: 0.3 },
};

function clip(
  group: string,
  fake: boolean,
  score: number | null,
  rest: Partial<ExaminedClip> = {},
): ExaminedClip {
  return { file: `${group}-${score}.mp4`, group, fake, score, reasons: [], error: null, ...rest };
}

const clips = [
  clip('swaps', true, 0.9),
  clip('swaps', true, 0.6),
  clip('swaps', true, null, { reasons: ['no_face'] }),
  clip('studio', true, 0.7),
  clip('studio', false, 0.75),
  clip('studio', false, 0.2, { reasons: ['too_few_frames'] }),
  clip('people', false, 0.1),
  clip('people', false, 0.4),
  clip('people', false, null, { error: 'undecodable_video: The file is damaged.' }),
];

describe('summarise', () => {
  const { groups, total } = summarise(clips, points);
  const [swaps, studio, people] = groups;

  it('counts the clips of each group, in the order of the file', () => {
    expect(groups.map(({ group }) => group)).toEqual(['swaps', 'studio', 'people']);
    expect(swaps?.clips).toEqual({ fake: 3, real: 0, failed: 0, unscored: 1 });
    expect(people?.clips).toEqual({ fake: 0, real: 3, failed: 1, unscored: 0 });
    expect(total.clips).toEqual({ fake: 4, real: 5, failed: 1, unscored: 1 });
  });

  it('compares a group of fakes with all real clips of the file', () => {
    // 0.9 and 0.6 against 0.75, 0.2, 0.1, 0.4: seven of eight pairs in order
    expect(swaps).toMatchObject({ comparedWithAllReals: true, auc: 7 / 8 });
    expect(swaps?.operatingPoints.balanced.falsePositiveRate).toBe(1 / 4);
  });

  it('compares a group that has real clips with those only', () => {
    expect(studio).toMatchObject({ comparedWithAllReals: false, auc: 1 / 2 });
    expect(studio?.operatingPoints.balanced.falsePositiveRate).toBe(1 / 2);
  });

  it('has no AUC and no misses for a group of real clips', () => {
    expect(people).toMatchObject({
      comparedWithAllReals: false,
      auc: null,
      aucInterval: null,
      equalErrorRate: null,
    });
    expect(people?.operatingPoints.sensitive).toEqual({
      accuracy: 1 / 2,
      falsePositiveRate: 1 / 2,
      falseNegativeRate: null,
      undetermined: 0,
    });
  });

  it('counts clips without a usable face as undetermined, and failed ones nowhere', () => {
    // Of the eight examined clips, 0.9, 0.6 and 0.7 are rightly fake, 0.1 and 0.4 rightly real, 0.75 is wrong.
    expect(total.operatingPoints.balanced).toEqual({
      accuracy: 5 / 8,
      falsePositiveRate: 1 / 4,
      falseNegativeRate: 0,
      undetermined: 2,
    });
    expect(total.operatingPoints.strict).toMatchObject({
      accuracy: 3 / 8,
      falsePositiveRate: 0,
      undetermined: 5,
    });
  });

  it('has no groups when the file has none', () => {
    const ungrouped = summarise([clip('', true, 0.9), clip('', false, 0.1)], points);

    expect(ungrouped.groups).toEqual([]);
    expect(ungrouped.total.auc).toBe(1);
  });
});

describe('printSummary', () => {
  it('marks groups compared with all reals and says what was left out', () => {
    const { groups, total } = summarise(clips, points);

    const text = printSummary(groups, total, points);

    expect(text).toMatch(/^\| swaps \* +\| +3 \| +0 \| +0 \| +1 \| 0\.875 \[/m);
    expect(text).toMatch(/^\| studio +\| +33\.3% \| +50\.0% \| +0\.0% \| +1 \|$/m);
    expect(text).toContain('Operating point strict: fake from 0.800, real below 0.500');
    expect(text).toContain('compares it with all 5 real clips of the file');
    expect(text).toContain('Clips that failed (1) count nowhere; clips without a scored face (1)');
  });
});
