/** What became of an upload. `result` and `error` are the JSON documents the API answers with. */
export type DetectionState =
  | { status: 'waiting' }
  | { status: 'processing' }
  | { status: 'done'; result: unknown }
  | { status: 'failed'; error: unknown };

/** How an examination ended. */
export type Outcome = Extract<DetectionState, { status: 'done' | 'failed' }>;

export interface UploadTicket {
  uploadId: string;
  /**
   * Where the clip is posted as multipart/form-data: first `fields`, then the part `file`. An absolute address, or a
   * path on the API's own server.
   */
  url: string;
  fields: Record<string, string>;
  maxBytes: number;
  expiresAt: Date;
}

/** Where clips wait and results stay. One shared test suite holds every implementation to this. */
export interface Store {
  /** A permission to upload one clip of `contentType` (video/*). */
  createUpload(contentType: string): Promise<UploadTicket>;
  /**
   * Copy the clip to the local file `path`, never holding it in memory.
   * @throws {StoreError} `not_found` (no such upload), `upload_incomplete` (not arrived yet), `file_too_large`
   */
  fetchClip(uploadId: string, path: string, signal?: AbortSignal): Promise<void>;
  /** The state of an upload; undefined when the id is unknown or has expired. */
  getState(uploadId: string): Promise<DetectionState | undefined>;
  /** Note that examination has begun; harmless when repeated. */
  markProcessing(uploadId: string): Promise<void>;
  /** Write the outcome once. Returns false, changing nothing, when an outcome is already there. */
  putOutcome(uploadId: string, outcome: Outcome): Promise<boolean>;
}
