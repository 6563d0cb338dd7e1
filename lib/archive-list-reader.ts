import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { S3ObjectsItemReader, type S3ObjectsItemReaderProps } from 'aws-cdk-lib/aws-stepfunctions';

/** Lists the bucket an execution names, among the allowed ones only; CDK's own reader would allow every bucket. */
export class ArchiveListReader extends S3ObjectsItemReader {
  readonly #buckets: string[];

  constructor({ buckets, ...props }: S3ObjectsItemReaderProps & { buckets: string[] }) {
    super(props);
    this.#buckets = buckets;
  }

  override providePolicyStatements(): PolicyStatement[] {
    return [new PolicyStatement({ actions: ['s3:ListBucket'], resources: this.#buckets })];
  }
}
