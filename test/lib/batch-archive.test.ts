import { describe, expect, it } from 'vitest';
import { policyStatements, resourcesOf, synthTemplate } from './synth.ts';

const template = synthTemplate({
  archiveBuckets: 'footage-a,footage-b',
  archiveConcurrency: 33,
  archiveToleratedFailurePercentage: 2,
});

/** The state machine's definition, its references to resources replaced by their names. */
function definition() {
  const [machine] = resourcesOf(template, 'AWS::StepFunctions::StateMachine');
  const parts: unknown[] = machine!.Properties.DefinitionString['Fn::Join'][1];
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : 'reference')).join(''));
}

describe('the archive state machine', () => {
  it.each([
    ['ExaminePrefix', 'listObjectsV2', '$$.Map.Item.Value.Key'],
    ['ExamineCsv', 'getObject', '$$.Map.Item.Value.key'],
    ['ExamineJsonLines', 'getObject', '$$.Map.Item.Value.key'],
  ])('has the distributed map %s, bounded and tolerant', (name, reader, key) => {
    const map = definition().States[name];

    expect(map.ItemProcessor.ProcessorConfig.Mode).toBe('DISTRIBUTED');
    expect(map.MaxConcurrency).toBe(33);
    expect(map.ToleratedFailurePercentage).toBe(2);
    expect(map.ItemReader.Resource).toMatch(new RegExp(`${reader}$`));
    expect(map.ItemSelector).toEqual({ 'archive.$': '$.archive', 'bucket.$': '$.bucket', 'key.$': key });
    expect(map.ResultWriter.WriterConfig).toEqual({ OutputType: 'JSONL', Transformation: 'COMPACT' });
    expect(map.ResultWriter.Parameters['Prefix.$']).toBe('$.results');
  });

  it('reads what the execution names, not what the deployment knew', () => {
    const { ExaminePrefix, ExamineCsv } = definition().States;

    expect(ExaminePrefix.ItemReader.Parameters).toEqual({ 'Bucket.$': '$.bucket', 'Prefix.$': '$.prefix' });
    expect(ExamineCsv.ItemReader.Parameters).toEqual({
      'Bucket.$': '$.manifest.bucket',
      'Key.$': '$.manifest.key',
    });
  });

  it('tries a clip again when it was not the clip that failed', () => {
    const { States, StartAt } = definition().States.ExaminePrefix.ItemProcessor;

    expect(States[StartAt].Retry).toContainEqual(
      expect.objectContaining({ ErrorEquals: ['States.ALL'], MaxAttempts: 3 }),
    );
  });

  it('lists and reads only the buckets of the settings', () => {
    const statements = policyStatements(template).filter(({ policy }) => policy.startsWith('Archive'));
    const listed = statements.filter(({ actions }) => actions.includes('s3:ListBucket'));
    const text = JSON.stringify(listed.flatMap(({ resources }) => resources));

    expect(listed.length).toBeGreaterThan(0);
    expect(text).toContain('footage-a');
    expect(text).toContain('footage-b');
    expect(listed.flatMap(({ resources }) => resources)).not.toContain('*');
  });
});
