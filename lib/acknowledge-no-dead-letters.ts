import { Validations } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';

/** A function's own dead-letter queue is for asynchronous invocations, and no function here is invoked so. */
export function acknowledgeNoDeadLetters(fn: IFunction): void {
  Validations.of(fn).acknowledge({
    id: 'Serverless-LambdaDLQ',
    reason:
      'Invoked synchronously by API Gateway or Step Functions, or from a queue that has a dead-letter queue.',
  });
}
