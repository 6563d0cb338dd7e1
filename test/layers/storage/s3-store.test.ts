import { createHmac } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createS3Store } from '../../../layers/storage/s3-store.ts';
import type { Store } from '../../../layers/storage/store.ts';
import { BUCKET, CREDENTIALS, REGION, type S3Server, startS3 } from '../../support/start-s3.ts';
import { describeStore, MAX_BYTES } from './store-suite.ts';

const config = { bucket: BUCKET, maxUploadBytes: MAX_BYTES, uploadExpiresS: 60 };

describeStore('S3 store', async () => {
  const server = await startS3();
  return {
    store: createS3Store({ ...config, client: server.s3 }),
    async upload({ url, fields }, file) {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append('file', file);
      return (await fetch(url, { method: 'POST', body: form })).status;
    },
    async place(uploadId, file) {
      await server.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `uploads/${uploadId}`, Body: file }));
    },
    stop: server.stop,
  };
});

describe('the policy of a presigned POST', () => {
  let server: S3Server;
  let store: Store;
  beforeAll(async () => {
    server = await startS3();
    store = createS3Store({ ...config, client: server.s3 });
  });
  afterAll(() => server.stop());

  test('bounds key, size, type and time', async () => {
    const { uploadId, fields, expiresAt } = await store.createUpload('video/mp4');
    const policy = JSON.parse(Buffer.from(fields.Policy!, 'base64').toString());
    expect(policy.conditions).toEqual(
      expect.arrayContaining([
        { key: `uploads/${uploadId}` },
        { bucket: BUCKET },
        ['content-length-range', 1, MAX_BYTES],
        ['starts-with', '$Content-Type', 'video/'],
      ]),
    );
    expect(Math.abs(Date.parse(policy.expiration) - expiresAt.getTime())).toBeLessThan(2000);
    // S3 refuses a form with a field that no condition names.
    const named = policy.conditions.map((condition: string[] | object) =>
      Array.isArray(condition) ? String(condition[1]).replace(/^\$/, '') : Object.keys(condition)[0],
    );
    const unsigned = ['Policy', 'X-Amz-Signature'];
    expect(
      Object.keys(fields).filter((field) => !unsigned.includes(field) && !named.includes(field)),
    ).toEqual([]);
  });

  test('is signed as AWS Signature Version 4 asks', async () => {
    const { fields } = await store.createUpload('video/mp4');
    const date = fields['X-Amz-Date']!.slice(0, 8);
    expect(fields['X-Amz-Credential']).toBe(`${CREDENTIALS.accessKeyId}/${date}/${REGION}/s3/aws4_request`);
    const key = [date, REGION, 's3', 'aws4_request'].reduce(
      (last: string | Buffer, part) => createHmac('sha256', last).update(part).digest(),
      `AWS4${CREDENTIALS.secretAccessKey}`,
    );
    expect(fields['X-Amz-Signature']).toBe(createHmac('sha256', key).update(fields.Policy!).digest('hex'));
  });
});
