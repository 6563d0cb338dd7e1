import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Outcome, Store, UploadTicket } from '../../../layers/storage/store.ts';
import { isUploadId } from '../../../layers/storage/upload-id.ts';

export const MAX_BYTES = 1000;

export interface StoreUnderTest {
  store: Store;
  /** Post a file with the ticket's fields, as a client does; the status of the answer. */
  upload(ticket: UploadTicket, file: Blob): Promise<number>;
  /** Put a clip where it belongs although nobody was allowed to, and however large it is. */
  place(uploadId: string, file: Buffer): Promise<void>;
  stop(): Promise<void>;
}

const done: Outcome = { status: 'done', result: { verdict: 'real' } };
const failed: Outcome = { status: 'failed', error: { code: 'undecodable_video' } };

/** What every `Store` has to keep to. */
export function describeStore(name: string, start: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let dir: string;
    let tested: StoreUnderTest;
    let store: Store;

    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'deepfake-store-'));
      tested = await start();
      ({ store } = tested);
    });

    afterAll(async () => {
      await tested.stop();
      await rm(dir, { recursive: true });
    });

    test('a ticket says where, how large and until when', async () => {
      const before = Date.now();
      const ticket = await store.createUpload('video/webm');
      expect(isUploadId(ticket.uploadId)).toBe(true);
      expect(ticket.uploadId.length).toBeGreaterThanOrEqual(22);
      expect(ticket.maxBytes).toBe(MAX_BYTES);
      expect(ticket.fields).toMatchObject({
        key: `uploads/${ticket.uploadId}`,
        'Content-Type': 'video/webm',
      });
      expect(ticket.expiresAt.getTime()).toBeGreaterThan(before);
      expect((await store.createUpload('video/webm')).uploadId).not.toBe(ticket.uploadId);
    });

    test('a clip comes back as it was sent', async () => {
      const ticket = await store.createUpload('video/mp4');
      const clip = Buffer.from(Array.from({ length: MAX_BYTES }, (_, index) => index % 256));
      const path = join(dir, 'clip');

      expect(await tested.upload(ticket, new Blob([clip]))).toBe(204);
      await store.fetchClip(ticket.uploadId, path);

      expect(await readFile(path)).toEqual(clip);
    });

    test('a clip one byte too large, or empty, is not taken', async () => {
      const ticket = await store.createUpload('video/mp4');
      expect(await tested.upload(ticket, new Blob([Buffer.alloc(MAX_BYTES + 1)]))).toBeGreaterThanOrEqual(
        400,
      );
      expect(await tested.upload(ticket, new Blob([]))).toBeGreaterThanOrEqual(400);
      await expect(store.fetchClip(ticket.uploadId, join(dir, 'none'))).rejects.toMatchObject({
        name: 'StoreError',
        code: 'upload_incomplete',
      });
    });

    test('a clip that got in although it is too large is not fetched', async () => {
      await tested.place('oversized', Buffer.alloc(MAX_BYTES + 1));
      await expect(store.fetchClip('oversized', join(dir, 'none'))).rejects.toMatchObject({
        name: 'StoreError',
        code: 'file_too_large',
      });
    });

    test('fetching stops when it is told to', async () => {
      await tested.place('stopped', Buffer.alloc(10));
      const fetching = store.fetchClip('stopped', join(dir, 'none'), AbortSignal.abort());
      await expect(fetching).rejects.toMatchObject({ name: 'AbortError' });
    });

    test('the state goes from waiting to processing to done', async () => {
      const ticket = await store.createUpload('video/mp4');
      const { uploadId } = ticket;
      expect(await store.getState(uploadId)).toEqual({ status: 'waiting' });
      await tested.upload(ticket, new Blob(['clip']));
      expect(await store.getState(uploadId)).toEqual({ status: 'waiting' });
      await store.markProcessing(uploadId);
      await store.markProcessing(uploadId);
      expect(await store.getState(uploadId)).toEqual({ status: 'processing' });
      expect(await store.putOutcome(uploadId, done)).toBe(true);
      expect(await store.getState(uploadId)).toEqual(done);
    });

    test('a clip that an operator put there is known too', async () => {
      await tested.place('holiday-2024.mp4', Buffer.from('clip'));
      expect(await store.getState('holiday-2024.mp4')).toEqual({ status: 'waiting' });
    });

    test('the first outcome stays', async () => {
      const { uploadId } = await store.createUpload('video/mp4');
      expect(await store.putOutcome(uploadId, failed)).toBe(true);
      expect(await store.putOutcome(uploadId, done)).toBe(false);
      expect(await store.getState(uploadId)).toEqual(failed);
    });

    test('of many outcomes at once exactly one is written', async () => {
      const { uploadId } = await store.createUpload('video/mp4');
      const outcomes = Array.from(
        { length: 10 },
        (_, index): Outcome => ({ status: 'done', result: { index } }),
      );

      const written = await Promise.all(outcomes.map((outcome) => store.putOutcome(uploadId, outcome)));

      expect(written.filter(Boolean)).toHaveLength(1);
      expect(await store.getState(uploadId)).toEqual(outcomes[written.indexOf(true)]);
    });

    test('an id nobody was given is not known', async () => {
      expect(await store.getState('0123456789abcdef')).toBeUndefined();
      await expect(store.fetchClip('0123456789abcdef', join(dir, 'none'))).rejects.toMatchObject({
        code: 'not_found',
      });
    });

    test.each(['../outside', '..', '', 'a/../../outside', '/etc/passwd'])(
      'the id %j leads nowhere',
      async (id) => {
        await writeFile(join(dir, 'outside'), 'secret');
        expect(await store.getState(id)).toBeUndefined();
        await expect(store.fetchClip(id, join(dir, 'none'))).rejects.toMatchObject({ code: 'not_found' });
      },
    );
  });
}
