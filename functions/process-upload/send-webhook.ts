import { createHmac } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Outcome } from '../../layers/storage/store.ts';

export interface Webhook {
  url: string;
  /** Key of the signature. */
  secret: () => Promise<string>;
}

const ATTEMPTS = 3;
const ATTEMPT_TIMEOUT_MS = 5000;

/**
 * Announce an outcome: POST of `{upload_id, status, result | error}`. The header `x-signature` is "t=<unix seconds>,
 * v1=<hex>" with v1 = HMAC-SHA256(secret, t + "." + body), so that the receiver can tell who sent it and when.
 * @throws {Error} when the receiver did not answer 2xx in three attempts
 */
export async function sendWebhook(
  { url, secret }: Webhook,
  uploadId: string,
  outcome: Outcome,
): Promise<void> {
  const body = JSON.stringify({ upload_id: uploadId, ...outcome });
  const key = await secret();
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url, {
        method: 'POST',
        redirect: 'error',
        headers: { 'content-type': 'application/json', 'x-signature': sign(body, key, Date.now()) },
        body,
        signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS),
      });
      await response.body?.cancel();
      if (response.ok) return;
      throw new Error(`The webhook answered ${response.status}.`);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await setTimeout(500 * 2 ** attempt);
    }
  }
}

/** The signature header of a body at a time in milliseconds. */
export function sign(body: string, key: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000);
  const digest = createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${digest}`;
}
