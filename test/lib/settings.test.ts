import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readSettings, settingsTable } from '../../lib/settings.ts';
import { SettingsError } from '../../lib/settings-error.ts';

function problemsOf(context: Record<string, unknown>): readonly string[] {
  try {
    readSettings(context);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('readSettings', () => {
  it('reads settings given as text on the command line like those of cdk.json', () => {
    const settings = readSettings({
      memoryMb: '5307',
      waf: 'true',
      corsOrigins: 'https://a.example, http://localhost:5173',
    });

    expect(settings).toMatchObject({
      memoryMb: 5307,
      waf: true,
      corsOrigins: ['https://a.example', 'http://localhost:5173'],
      authorization: 'apiKey',
    });
  });

  it("passes over CDK's own context", () => {
    expect(problemsOf({ '@aws-cdk/core:flag': true, 'aws:cdk:path': 1, 'availability-zones:x': [] })).toEqual(
      [],
    );
  });

  it('has each setting of the table in cdk.json, with its default', () => {
    const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));

    const documented = Object.fromEntries(Object.entries(context).filter(([name]) => !name.startsWith('@')));

    expect(documented).toEqual(
      Object.fromEntries(Object.entries(settingsTable).map(([name, setting]) => [name, setting.default])),
    );
  });

  it.each([
    [{ memroyMb: 3538 }, 'memroyMb is not a setting'],
    [{ memoryMb: 'lots' }, 'memoryMb: expected a whole number'],
    [{ memoryMb: 20000 }, 'memoryMb: '],
    [{ waf: 'yes' }, 'waf: expected true or false'],
    [{ corsOrigins: '*' }, 'corsOrigins: expected origins like https://example.org'],
    [{ authorization: 'none' }, 'authorization: '],
    [{ logRetentionDays: 31 }, 'logRetentionDays: '],
    [{ baseImage: 'public.ecr.aws/lambda/nodejs:24' }, 'baseImage: expected an image pinned'],
    [{ authorization: 'jwt', jwtAudience: 'api' }, 'authorization=jwt needs jwtIssuer'],
    [{ authorization: 'jwt', jwtIssuer: 'https://id.example' }, 'authorization=jwt needs jwtAudience'],
    [{ jwtIssuer: 'https://id.example' }, 'jwtIssuer has no effect unless authorization is jwt'],
    [{ authorization: 'iam', monthlyQuota: 5 }, 'monthlyQuota has no effect unless authorization is apiKey'],
    [{ wafRequestsPer5Minutes: 50 }, 'wafRequestsPer5Minutes has no effect unless waf is true'],
    [{ domainName: 'api.example.org' }, 'domainName needs certificateArn'],
    [{ hostedZoneId: 'Z123' }, 'hostedZoneId needs domainName'],
    [{ webhookUrl: 'https://example.org/hook' }, 'webhookUrl needs webhookSecretArn'],
    [{ ffmpegUrl: 'https://example.org/f.tar.xz' }, 'ffmpegUrl needs ffmpegSha256'],
    [{ resultRetentionDays: 1, clipRetentionDays: 2 }, 'resultRetentionDays is less than clipRetentionDays'],
    [{ ephemeralStorageMb: 512 }, 'ephemeralStorageMb must be at least 600'],
    [{ snapStart: true }, 'snapStart allows no more than 512 MB'],
    [
      { snapStart: true, ephemeralStorageMb: 512, maxUploadMb: 400, provisionedConcurrency: 1 },
      'snapStart and provisionedConcurrency exclude each other',
    ],
  ])('refuses %j', (context, problem) => {
    const problems = problemsOf(context);

    expect(problems.join('\n')).toContain(problem);
  });

  it('names every problem at once', () => {
    expect(problemsOf({ memroyMb: 1, waf: 'yes', memoryMb: 1 })).toHaveLength(3);
  });
});
