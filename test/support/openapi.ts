import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';
import { openApiDocument } from '../../layers/api/openapi.ts';

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(JSON.parse(JSON.stringify(openApiDocument)), 'openapi');

/** Check that the OpenAPI document describes this answer: its status, its media type and its body. */
export function expectToMatchOpenApi(
  path: string,
  method: string,
  { status, contentType, body }: { status: number; contentType: string; body: unknown },
): void {
  const paths = openApiDocument.paths as unknown as Record<
    string,
    Record<string, { responses: Record<string, unknown> }>
  >;
  const operation = paths[path]?.[method.toLowerCase()];
  if (operation) expect(Object.keys(operation.responses)).toContain(String(status));
  // An address or a method the document does not have can only be answered with a problem.
  const schema = operation
    ? `openapi#/paths/${toPointer(path)}/${method.toLowerCase()}/responses/${status}/content/${toPointer(contentType)}/schema`
    : 'openapi#/components/schemas/Problem';
  const validate = ajv.compile({ $ref: schema });
  validate(body);
  expect(validate.errors ?? []).toEqual([]);
}

/** A key as part of a JSON pointer inside a URI fragment. */
function toPointer(key: string): string {
  return encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));
}
