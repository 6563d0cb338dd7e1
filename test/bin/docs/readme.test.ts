import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readSection, replaceSection } from '../../../bin/docs/section.ts';
import { sections } from '../../../bin/docs/sections.ts';
import { detectionSchema } from '../../../layers/api/schemas.ts';
import { identityOf } from '../../../layers/detection/model-card.ts';
import { bundledCard } from '../../support/bundled-classifier.ts';

const root = new URL('../../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');

describe('README', () => {
  it.each(Object.entries(sections))('has an up-to-date section %s (else: npm run docs)', (name, write) => {
    expect(readSection(readme, name)).toBe(write().trim());
  });

  it('shows an answer of the present API and the present model (else: npm run docs)', () => {
    const json = readSection(readme, 'example-response').replace(/^```json\n|\n```$/g, '');

    const example = detectionSchema.strict().parse(JSON.parse(json));

    expect(example.model).toEqual(identityOf(bundledCard));
    expect(example.clip).toMatchObject({ frame_count: 300, duration_s: 10, width: 1920, height: 1080 });
  });

  it('links to files and headings that exist', () => {
    const links = [...readme.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
    const headings = [...readme.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      title!
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
    const broken = links.filter((target) => {
      if (/^https?:/.test(target)) return false;
      if (target.startsWith('#')) return !headings.includes(target.slice(1));
      return !exists(target.split('#')[0]!);
    });

    expect(links.length).toBeGreaterThan(5);
    expect(broken).toEqual([]);
  });

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
    const named = [...readme.matchAll(/npm run (?:--silent |-s )?([\w:]+)/g)].map(([, name]) => name!);

    expect(new Set(named).size).toBeGreaterThan(3);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

function exists(path: string): boolean {
  try {
    readFileSync(fileURLToPath(new URL(path, root)));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR';
  }
}

describe('replaceSection', () => {
  const text = 'before\n<!-- begin one: written by a command -->\n<!-- end one -->\nafter\n';

  it('writes between the markers and nowhere else, as often as you like', () => {
    const once = replaceSection(text, 'one', 'body with $& and $1\n');

    expect(once).toBe(
      'before\n<!-- begin one: written by a command -->\n\nbody with $& and $1\n\n<!-- end one -->\nafter\n',
    );
    expect(replaceSection(once, 'one', 'body with $& and $1')).toBe(once);
    expect(readSection(once, 'one')).toBe('body with $& and $1');
  });

  it('says which section is missing', () => {
    expect(() => replaceSection(text, 'two', '')).toThrow('There is no section "two".');
  });
});
