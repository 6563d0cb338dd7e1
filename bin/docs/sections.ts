import { errorTable } from '../../layers/api/errors.ts';
import { settingsTable } from '../../lib/settings.ts';
import { usage as detectUsage } from '../detect/usage.ts';
import { usage as evaluateUsage } from '../evaluate/usage.ts';
import { usage as serveUsage } from '../serve/options.ts';
import { markdownTable } from './markdown-table.ts';
import { responseFields } from './response-fields.ts';

/** The README's sections that repeat what the code says, by the name of their markers. */
export const sections: Record<string, () => string> = {
  'response-fields': () =>
    markdownTable(
      ['field', 'type', 'meaning'],
      responseFields().map(([name, type, meaning]) => [`\`${name}\``, type, meaning]),
    ),
  errors: () =>
    markdownTable(
      ['status', 'code', 'title', 'what it says unless it knows better'],
      Object.entries(errorTable).map(([code, { status, title, detail }]) => [
        String(status),
        `\`${code}\``,
        title,
        detail,
      ]),
    ),
  'serve-usage': () => codeBlock(serveUsage),
  'detect-usage': () => codeBlock(detectUsage),
  'evaluate-usage': () => codeBlock(evaluateUsage),
  settings: () =>
    markdownTable(
      ['setting', 'default', 'meaning'],
      Object.entries(settingsTable).map(([name, setting]) => [
        `\`${name}\``,
        setting.default === '' ? '' : `\`${setting.default}\``,
        setting.meaning,
      ]),
    ),
};

function codeBlock(text: string): string {
  return `\`\`\`text\n${text.trim()}\n\`\`\``;
}
