import type { DetectionResponse, IncludeKey } from '../../layers/api/schemas.ts';
import type { OperatingPoint } from '../../layers/detection/types.ts';

/** What is asked of an examination besides the clip. */
export interface Question {
  operatingPoint?: OperatingPoint | undefined;
  include: IncludeKey[];
}

/** A place where clips are examined: this machine, a deployed API, a Lambda function. */
export interface Examiner {
  /** @throws when the clip could not be examined; `toProblem` and `RemoteError` say why. */
  examine(path: string, signal: AbortSignal): Promise<DetectionResponse>;
  close(): Promise<void>;
}
