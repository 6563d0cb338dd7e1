// Writes those sections of the README that repeat what the code says. A test fails when they are out of date.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { exampleResponse } from './docs/example-response.ts';
import { replaceSection } from './docs/section.ts';
import { sections } from './docs/sections.ts';

const path = fileURLToPath(new URL('../README.md', import.meta.url));

let readme = await readFile(path, 'utf8');
for (const [name, write] of Object.entries(sections)) readme = replaceSection(readme, name, write());
const example = await exampleResponse(process.env);
readme = replaceSection(readme, 'example-response', `\`\`\`json\n${example}\n\`\`\``);
await writeFile(path, readme);
