/**
 * Put `body` between the markers `<!-- begin NAME ... -->` and `<!-- end NAME -->` of a Markdown text.
 * @throws {Error} when the markers are not there
 */
export function replaceSection(text: string, name: string, body: string): string {
  const { start, end } = findSection(text, name);
  return `${text.slice(0, start)}\n${body.trim()}\n\n${text.slice(end)}`;
}

/**
 * What stands between the markers of a section.
 * @throws {Error} when the markers are not there
 */
export function readSection(text: string, name: string): string {
  const { start, end } = findSection(text, name);
  return text.slice(start, end).trim();
}

function findSection(text: string, name: string): { start: number; end: number } {
  const begin = text.match(new RegExp(`<!-- begin ${name}\\b[^>]*-->\\n`));
  const start = (begin?.index ?? 0) + (begin?.[0].length ?? 0);
  const end = text.indexOf(`<!-- end ${name} -->`, start);
  if (!begin || end === -1) throw new Error(`There is no section "${name}".`);
  return { start, end };
}
