import { z } from 'zod';
import { flag, optionalText, textList, wholeNumber } from './setting-types.ts';
import { SettingsError } from './settings-error.ts';

const httpsUrl = /^https:\/\/[^\s/?#]+(\/[^\s?#]*)?$/;
const arn = (service: string) => new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:.+$`);

/**
 * Every setting of the deployment: its form, its default and what it means. The one source that the
 * validation, cdk.json (checked by a test) and the README's table (`npm run docs`) share.
 */
export const settingsTable = {
  stackName: {
    type: z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,99}$/, 'expected letters, digits and hyphens'),
    default: 'DeepfakeDetectionApi',
    meaning: 'Name of the CloudFormation stack.',
  },
  architecture: {
    type: z.enum(['x86_64', 'arm64']),
    default: 'x86_64',
    meaning:
      'Processor of the detector. The image is built for it, so build on such a machine or with emulation.',
  },
  memoryMb: {
    type: wholeNumber(1024, 10240),
    default: 3538,
    meaning: 'Memory of the detector in MB. Lambda gives a processor for each 1769 MB, so 3538 is two.',
  },
  ephemeralStorageMb: {
    type: wholeNumber(512, 10240),
    default: 1024,
    meaning: 'Size of /tmp of the detector in MB; at least maxUploadMb + 100.',
  },
  framesSampled: {
    type: wholeNumber(4, 256),
    default: 32,
    meaning: 'Frames examined per clip.',
  },
  operatingPoint: {
    type: z.enum(['balanced', 'strict', 'sensitive']),
    default: 'balanced',
    meaning: 'Thresholds used when a request names none.',
  },
  provisionedConcurrency: {
    type: wholeNumber(0, 1000),
    default: 0,
    meaning: 'Execution environments of POST /detect_deepfake kept warm. Not with snapStart.',
  },
  snapStart: {
    type: flag(),
    default: false,
    meaning:
      'Resume POST /detect_deepfake from a snapshot instead of starting it cold. Needs ephemeralStorageMb 512 and ' +
      'maxUploadMb of at most 400; not with provisionedConcurrency.',
  },
  maxUploadMb: {
    type: wholeNumber(1, 500),
    default: 500,
    meaning: 'Largest clip that may be uploaded, in MiB.',
  },
  uploadExpiresS: {
    type: wholeNumber(60, 3600),
    default: 900,
    meaning: 'Seconds for which a presigned upload may be used.',
  },
  clipRetentionDays: {
    type: wholeNumber(1, 365),
    default: 1,
    meaning: 'Days after which an uploaded clip is deleted.',
  },
  resultRetentionDays: {
    type: wholeNumber(1, 3650),
    default: 30,
    meaning: 'Days after which a result is deleted; at least clipRetentionDays.',
  },
  deleteDataOnDestroy: {
    type: flag(),
    default: false,
    meaning: 'Whether `cdk destroy` deletes the buckets with all clips and results, or leaves them.',
  },
  uploadConcurrency: {
    type: wholeNumber(2, 1000),
    default: 10,
    meaning: 'Uploaded clips examined at the same time.',
  },
  authorization: {
    type: z.enum(['apiKey', 'iam', 'jwt']),
    default: 'apiKey',
    meaning:
      'Who may call the API: holders of an API key, IAM principals, or holders of a token of jwtIssuer.',
  },
  jwtIssuer: {
    type: optionalText(httpsUrl, 'an https URL'),
    default: '',
    meaning: 'With authorization=jwt: URL of the OpenID Connect issuer.',
  },
  jwtAudience: {
    type: optionalText(/^\S+$/, 'text without spaces'),
    default: '',
    meaning: 'With authorization=jwt: the audience (aud) a token must be for.',
  },
  throttleRate: {
    type: wholeNumber(1, 10000),
    default: 10,
    meaning: 'Requests a second, for the whole API and for each API key.',
  },
  throttleBurst: {
    type: wholeNumber(1, 5000),
    default: 20,
    meaning: 'Requests that may come at once above throttleRate.',
  },
  monthlyQuota: {
    type: wholeNumber(0, 1_000_000_000),
    default: 0,
    meaning: 'With authorization=apiKey: requests a month for the key; 0 for no quota.',
  },
  waf: {
    type: flag(),
    default: false,
    meaning: 'Put AWS WAF with its common rules and a rate limit before the API.',
  },
  wafRequestsPer5Minutes: {
    type: wholeNumber(10, 2_000_000),
    default: 1000,
    meaning: 'With waf=true: requests that one address may send in five minutes.',
  },
  corsOrigins: {
    type: textList(/^(https:\/\/[^\s/*]+|http:\/\/localhost(:\d+)?)$/, 'origins like https://example.org'),
    default: '',
    meaning: 'Origins of web pages that may call the API and upload, separated by commas.',
  },
  domainName: {
    type: optionalText(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'a domain name'),
    default: '',
    meaning: 'Custom domain of the API; needs certificateArn.',
  },
  certificateArn: {
    type: optionalText(arn('acm'), 'the ARN of a certificate'),
    default: '',
    meaning: "With domainName: its certificate, in the stack's region.",
  },
  hostedZoneId: {
    type: optionalText(/^Z[A-Z0-9]+$/, 'the id of a Route 53 hosted zone'),
    default: '',
    meaning: 'With domainName: the Route 53 zone in which to write its record; otherwise write it yourself.',
  },
  webhookUrl: {
    type: optionalText(httpsUrl, 'an https URL'),
    default: '',
    meaning: 'Where the outcome of each uploaded clip is posted; needs webhookSecretArn.',
  },
  webhookSecretArn: {
    type: optionalText(arn('secretsmanager'), 'the ARN of a secret'),
    default: '',
    meaning: 'With webhookUrl: the Secrets Manager secret the posts are signed with.',
  },
  archiveBuckets: {
    type: textList(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'bucket names'),
    default: '',
    meaning: "Buckets, besides the stack's own, whose clips may be examined in bulk, separated by commas.",
  },
  archiveConcurrency: {
    type: wholeNumber(1, 1000),
    default: 20,
    meaning: 'Clips of an archive examined at the same time.',
  },
  archiveToleratedFailurePercentage: {
    type: wholeNumber(0, 100),
    default: 5,
    meaning:
      'Share of clips of an archive that may fail for reasons other than the clip itself before the run is stopped.',
  },
  alarmEmail: {
    type: optionalText(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'an e-mail address'),
    default: '',
    meaning: 'Where alarms are sent; without it they only show in CloudWatch.',
  },
  alarmLatencyMs: {
    type: wholeNumber(1000, 29000),
    default: 20000,
    meaning: 'Alarm when the slowest 5% of POST /detect_deepfake take longer than this.',
  },
  alarmUndeterminedPercent: {
    type: wholeNumber(1, 100),
    default: 50,
    meaning: 'Alarm when more than this share of clips is undetermined over an hour.',
  },
  logRetentionDays: {
    type: wholeNumber(1, 3653).pipe(
      z.literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653]),
    ),
    default: 30,
    meaning: 'Days logs are kept; one of the periods CloudWatch Logs knows.',
  },
  apiGatewayLogRole: {
    type: flag(),
    default: true,
    meaning:
      "Create the role with which API Gateway writes logs. It is one for the account's region: false where there is one.",
  },
  baseImage: {
    type: optionalText(/^\S+@sha256:[0-9a-f]{64}$/, 'an image pinned as name@sha256:digest'),
    default: '',
    meaning: "Base image of the detector, by digest; without it the Dockerfile's tag.",
  },
  ffmpegUrl: {
    type: optionalText(httpsUrl, 'an https URL'),
    default: '',
    meaning:
      'A static ffmpeg to take (.tar.xz) in place of the one the Dockerfile names; needs ffmpegSha256.',
  },
  ffmpegSha256: {
    type: optionalText(/^[0-9a-f]{64}$/, 'a SHA-256 in hexadecimal'),
    default: '',
    meaning: 'With ffmpegUrl: its SHA-256. The build fails when the download differs.',
  },
} as const;

type SettingName = keyof typeof settingsTable;

/** The deployment's settings, validated. */
export type Settings = { [name in SettingName]: z.output<(typeof settingsTable)[name]['type']> };

/**
 * The settings out of the CDK context. Keys with a colon, slash or @ are CDK's own and are passed over.
 *
 * @throws {SettingsError} naming every unknown, malformed and contradictory setting
 */
export function readSettings(context: Record<string, unknown>): Settings {
  const given = Object.fromEntries(Object.entries(context).filter(([key]) => !/[:/@]/.test(key)));
  const problems = Object.keys(given)
    .filter((key) => !Object.hasOwn(settingsTable, key))
    .map((key) => `${key} is not a setting (see the README's table)`);
  const settings: Record<string, unknown> = {};
  for (const [name, { type, default: fallback }] of Object.entries(settingsTable)) {
    const parsed = type.safeParse(given[name] ?? fallback);
    if (parsed.success) settings[name] = parsed.data;
    else problems.push(`${name}: ${parsed.error.issues.map((issue) => issue.message).join('; ')}`);
  }
  if (problems.length === 0) problems.push(...contradictions(settings as Settings));
  if (problems.length > 0) throw new SettingsError(problems);
  return settings as Settings;
}

function contradictions(s: Settings): string[] {
  const needs = (name: SettingName, other: SettingName) =>
    s[name] !== '' && s[other] === '' ? [`${name} needs ${other}`] : [];
  const onlyWith = (name: SettingName, other: SettingName, value: unknown) =>
    s[name] !== settingsTable[name].default && s[other] !== value
      ? [`${name} has no effect unless ${other} is ${value}`]
      : [];
  return [
    ...(s.authorization === 'jwt' && s.jwtIssuer === '' ? ['authorization=jwt needs jwtIssuer'] : []),
    ...(s.authorization === 'jwt' && s.jwtAudience === '' ? ['authorization=jwt needs jwtAudience'] : []),
    ...onlyWith('jwtIssuer', 'authorization', 'jwt'),
    ...onlyWith('jwtAudience', 'authorization', 'jwt'),
    ...onlyWith('monthlyQuota', 'authorization', 'apiKey'),
    ...onlyWith('wafRequestsPer5Minutes', 'waf', true),
    ...needs('domainName', 'certificateArn'),
    ...needs('certificateArn', 'domainName'),
    ...needs('hostedZoneId', 'domainName'),
    ...needs('webhookUrl', 'webhookSecretArn'),
    ...needs('webhookSecretArn', 'webhookUrl'),
    ...needs('ffmpegUrl', 'ffmpegSha256'),
    ...needs('ffmpegSha256', 'ffmpegUrl'),
    ...(s.resultRetentionDays < s.clipRetentionDays
      ? [
          'resultRetentionDays is less than clipRetentionDays: a clip would outlive its result and be examined again',
        ]
      : []),
    ...(s.snapStart ? snapStartContradictions(s) : storageContradictions(s)),
  ];
}

function storageContradictions(s: Settings): string[] {
  return s.ephemeralStorageMb < s.maxUploadMb + 100
    ? [
        `ephemeralStorageMb must be at least ${s.maxUploadMb + 100} for clips of ${s.maxUploadMb} MB (maxUploadMb)`,
      ]
    : [];
}

// https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html, "Supported features and limitations"
function snapStartContradictions(s: Settings): string[] {
  return [
    ...(s.provisionedConcurrency > 0
      ? ['snapStart and provisionedConcurrency exclude each other in Lambda; choose one']
      : []),
    ...(s.ephemeralStorageMb > 512
      ? ['snapStart allows no more than 512 MB of temporary storage: set ephemeralStorageMb to 512']
      : []),
    ...(s.maxUploadMb > 400
      ? ['snapStart leaves 512 MB of temporary storage: set maxUploadMb to at most 400']
      : []),
  ];
}
