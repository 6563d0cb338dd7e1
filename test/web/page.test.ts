/// <reference lib="dom" />
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findChromium } from '../support/find-chromium.ts';
import { makeFaceClip, makeTestPictureClip } from '../support/make-clips.ts';
import { startTestServer, type TestServer } from '../support/start-test-server.ts';

const executablePath = findChromium();
if (!executablePath) {
  console.warn('The page is not tested: no Chromium was found. Install one, or set CHROMIUM_PATH.');
}
const ANSWER = { timeout: 60_000 };

describe.skipIf(!executablePath)('the page', { timeout: 120_000 }, () => {
  let dir: string;
  let face: string;
  let browser: Browser;
  let server: TestServer;
  let page: Page;
  let complaints: string[];
  let requested: URL[];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'deepfake-page-'));
    face = await makeFaceClip(dir, 'face.mp4');
    // Chromium's own sandbox needs rights that containers do not give; the page under test is ours.
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
    server = await startTestServer();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(dir, { recursive: true });
  });

  beforeEach(() => open(server));
  afterEach(() => page.close());

  test('shows what was found out about a clip', async () => {
    await page.setInputFiles('#clip', face);
    await page.getByRole('button', { name: 'Examine' }).click();

    const verdict = page.getByRole('heading', { level: 2 });
    await verdict.waitFor(ANSWER);
    expect(await verdict.textContent()).toMatch(
      /^(Probably a deepfake|Probably not a deepfake|Cannot tell)$/,
    );
    expect(await page.getByText(/^Probability that it is a deepfake: \d+%$/).count()).toBe(1);
    expect(await page.getByRole('img', { name: /10 of 10 frames scored/ }).count()).toBe(1);
    expect(await page.locator('.chart circle').count()).toBe(10);
    expect(await page.getByRole('row').count()).toBe(2);
    expect(await page.locator('body').textContent()).not.toMatch(/undefined|NaN|\[object/);
    expect(await page.evaluate('document.activeElement.id')).toBe('result');
  });

  test('can be used with the keyboard alone', async () => {
    await page.setInputFiles('#clip', face);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.id')).toBe('clip');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.id')).toBe('operating-point');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.id')).toBe('examine');
    await page.keyboard.press('Enter');
    await page.locator('#result').waitFor(ANSWER);
  });

  test('takes a clip that is dropped on it', async () => {
    const bytes = [...(await readFile(face))];
    const data = await page.evaluateHandle((content) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(content)], 'dropped.mp4', { type: 'video/mp4' }));
      return transfer;
    }, bytes);
    await page.dispatchEvent('#drop', 'drop', { dataTransfer: data });
    expect(await page.locator('#drop').textContent()).toContain('dropped.mp4');
    expect(await page.locator('#examine').isEnabled()).toBe(true);
  });

  test('sends a large clip through an upload', async () => {
    const large = join(dir, 'large.mp4');
    // Bytes after the last box are not looked at by a player, and make the clip as large as one likes.
    const padding = Buffer.alloc(5_000_000);
    padding.writeUInt32BE(padding.length);
    padding.write('free', 4);
    await writeFile(large, Buffer.concat([await readFile(face), padding]));

    await page.setInputFiles('#clip', large);
    await page.locator('#examine').click();
    await page.locator('#result').waitFor(ANSWER);

    const paths = requested.map(({ pathname }) => pathname);
    expect(paths).toContain('/uploads');
    expect(paths).toContain('/local-uploads');
    expect(paths).not.toContain('/detect_deepfake');
    expect(await page.locator('.chart circle').count()).toBe(10);
  });

  test('says why it cannot tell', async () => {
    const clip = await makeTestPictureClip(dir, 'no-face.mp4', { source: 'color=gray' });
    await page.setInputFiles('#clip', clip);
    await page.locator('#examine').click();
    await page.getByRole('heading', { name: 'Cannot tell' }).waitFor(ANSWER);
    expect(await page.getByText('No face was found').count()).toBe(1);
    expect(await page.locator('meter').count()).toBe(0);
  });

  test('tells of errors in plain words', async () => {
    const text = join(dir, 'text.mp4');
    await writeFile(text, 'Not a film.');
    await page.setInputFiles('#clip', text);
    await page.locator('#examine').click();
    const alert = page.getByRole('alert');
    await alert.waitFor(ANSWER);
    expect(await alert.textContent()).toMatch(/^Unsupported media: /);
    complaints = complaints.filter((line) => !line.includes('415'));
  });

  test('can be cancelled', async () => {
    const slow = await makeTestPictureClip(dir, 'slow.mp4', { durationS: 20, fps: 30, size: '640x360' });
    await page.setInputFiles('#clip', slow);
    await page.locator('#examine').click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Cancelled.').waitFor({ state: 'attached' });
    expect(await page.locator('#result').isVisible()).toBe(false);
    expect(await page.locator('#examine').isEnabled()).toBe(true);
  });

  test('asks for the key a server wants', async () => {
    const locked = await startTestServer({ apiKeys: ['long-enough'] });
    await page.close();
    await open(locked);
    await page.setInputFiles('#clip', face);
    expect(await page.getByLabel('API key').isVisible()).toBe(false);
    await page.locator('#examine').click();
    await page.getByLabel('API key').fill('long-enough', ANSWER);
    await page.locator('#examine').click();
    await page.locator('#result').waitFor(ANSWER);
    complaints = complaints.filter((line) => !line.includes('401'));
    await locked.close();
  });

  test.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 360],
    ['dark', 360],
  ] as const)('can be read in %s, %i pixels wide', async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    await page.setInputFiles('#clip', face);
    await page.locator('#examine').click();
    await page.locator('#result').waitFor(ANSWER);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    for (const selector of ['h1', 'h2', '.hint', 'button[type=submit]', 'footer p', 'footer a']) {
      expect(await contrast(page, selector), selector).toBeGreaterThanOrEqual(4.5);
    }
  });

  async function open(at: TestServer): Promise<void> {
    page = await browser.newPage();
    complaints = [];
    requested = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requested.push(new URL(request.url())));
    await page.goto(at.url);
  }

  afterEach(() => {
    // A violated Content-Security-Policy is a complaint too.
    expect(complaints).toEqual([]);
    expect(requested.filter(({ hostname }) => hostname !== '127.0.0.1')).toEqual([]);
  });
});

/** WCAG contrast ratio of the first element's text and the nearest background behind it, as the browser paints them. */
async function contrast(page: Page, selector: string): Promise<number> {
  return page.evaluate((wanted) => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
    const luminance = (colour: string) => {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    };
    const element = document.querySelector(wanted)!;
    let behind: Element | null = element;
    while (behind && getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)')
      behind = behind.parentElement;
    const text = luminance(getComputedStyle(element).color);
    const ground = luminance(behind ? getComputedStyle(behind).backgroundColor : 'white');
    return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
  }, selector);
}
