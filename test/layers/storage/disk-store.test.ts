import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDiskStore, type DiskStore } from '../../../layers/storage/disk-store.ts';
import { describeStore, MAX_BYTES } from './store-suite.ts';

const config = { uploadUrl: '/local-uploads', maxUploadBytes: MAX_BYTES, uploadExpiresS: 60, retainS: 3600 };

describeStore('disk store', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'deepfake-disk-'));
  const dir = join(parent, 'store');
  await mkdir(dir);
  const store = await createDiskStore({ ...config, dir });
  return {
    store,
    async upload({ uploadId }, file) {
      // The server that takes the form in is tested with the server; here is what it hands on.
      if (file.size === 0 || file.size > MAX_BYTES) return 413;
      const path = store.incomingPath();
      await writeFile(path, await file.bytes());
      await store.acceptUpload(uploadId, path);
      return 204;
    },
    place: (uploadId, file) => writeFile(join(dir, 'uploads', uploadId), file),
    stop: () => rm(parent, { recursive: true }),
  };
});

describe('what S3 does for the other store', () => {
  let dir: string;
  let store: DiskStore;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'deepfake-disk-'));
    store = await createDiskStore({ ...config, dir });
  });
  afterEach(() => rm(dir, { recursive: true }));

  test('tells when a clip has arrived', async () => {
    const arrived: string[] = [];
    store.events.on('uploaded', (uploadId) => arrived.push(uploadId));
    const { uploadId } = await uploadTo(store);
    expect(arrived).toEqual([uploadId]);
  });

  test('takes no clip without a ticket, or with one that has expired', async () => {
    const path = store.incomingPath();
    await writeFile(path, 'clip');
    await expect(store.acceptUpload('0123456789abcdef', path)).rejects.toMatchObject({ code: 'not_found' });
    const expired = await createDiskStore({ ...config, dir, uploadExpiresS: -1 });
    const { uploadId } = await expired.createUpload('video/mp4');
    await expect(store.acceptUpload(uploadId, path)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('lists the clips that have no outcome yet', async () => {
    const { uploadId: waiting } = await uploadTo(store);
    const { uploadId: examined } = await uploadTo(store);
    await store.putOutcome(examined, { status: 'done', result: {} });
    expect(await store.listPending()).toEqual([waiting]);
  });

  test('lets clips and results expire', async () => {
    const { uploadId } = await uploadTo(store);
    await store.markProcessing(uploadId);
    await store.putOutcome(uploadId, { status: 'done', result: {} });

    await store.removeExpired(Date.now() + 3_500_000);
    expect(await store.getState(uploadId)).toMatchObject({ status: 'done' });
    await store.removeExpired(Date.now() + 3_700_000);

    expect(await store.getState(uploadId)).toBeUndefined();
    for (const folder of await readdir(dir)) expect(await readdir(join(dir, folder))).toEqual([]);
  });

  test('keeps its folders to its owner', async () => {
    for (const folder of await readdir(dir)) {
      expect(((await stat(join(dir, folder))).mode & 0o077).toString(8)).toBe('0');
    }
  });
});

async function uploadTo(store: DiskStore): Promise<{ uploadId: string }> {
  const { uploadId } = await store.createUpload('video/mp4');
  const path = store.incomingPath();
  await writeFile(path, 'clip');
  await store.acceptUpload(uploadId, path);
  return { uploadId };
}
