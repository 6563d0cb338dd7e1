import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { errorTable } from '../../../layers/api/errors.ts';
import { openApiDocument } from '../../../layers/api/openapi.ts';
import { routes } from '../../../layers/api/routes.ts';

const document = JSON.parse(JSON.stringify(openApiDocument));

test('is a valid OpenAPI 3.1 document', async () => {
  const validator = new Validator();
  expect(await validator.validate(document)).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
});

test('has every route, and says which ask for a key', () => {
  for (const { method, path, secured } of Object.values(routes)) {
    const operation = document.paths[path][method.toLowerCase()];
    expect(operation.security ?? document.security).toEqual(secured ? [{ ApiKey: [] }] : []);
  }
  expect(Object.keys(document.paths)).toHaveLength(Object.keys(routes).length);
});

test('prints the whole error table', () => {
  for (const [code, { status, title }] of Object.entries(errorTable)) {
    expect(document.info.description).toContain(`| ${status} | \`${code}\` | ${title} |`);
  }
});

test('refers to nothing that is not there', () => {
  for (const [, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    expect(document.components.schemas).toHaveProperty(name!);
  }
});
