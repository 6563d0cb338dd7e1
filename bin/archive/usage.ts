export const usage = `Usage: npm run archive -- s3://BUCKET/PREFIX [options]

Has a deployed stack examine all clips of an archive, many at a time, and shows how far it is. A second run of the same
archive examines only what has no outcome yet. The bucket is the stack's own or one of its setting archiveBuckets.

  --stack NAME       the CloudFormation stack (default DeepfakeDetectionApi)
  --manifest FILE    examine the objects this list names in place of a prefix: s3://BUCKET/LIST.csv with a column "key",
                     or LIST.jsonl with an object {"key": "..."} a line; the source is then the clips' bucket alone
  --name NAME        the archive's name, under which its outcomes are kept (default: made from the source)
  --detach           start and do not wait
  --help             print this

Exit status: 0 when the run ended well, 1 when it was stopped or failed, 2 for bad usage.
`;
