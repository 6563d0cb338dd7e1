import { z } from 'zod';
import { detectionSchema } from '../../layers/api/schemas.ts';

interface JsonSchema {
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
}

/**
 * Each field of the answer with its type and meaning, from the schema that also makes the OpenAPI document.
 * An object that only holds its fields together has no row of its own.
 */
export function responseFields(): [name: string, type: string, meaning: string][] {
  return fieldsOf(z.toJSONSchema(detectionSchema) as JsonSchema, '');
}

function fieldsOf({ properties = {} }: JsonSchema, prefix: string): [string, string, string][] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`;
    const row: [string, string, string] = [
      path,
      typeOf(schema),
      schema.description ?? schema.items?.description ?? '',
    ];
    // A box is the same everywhere; its own description says what its sides are.
    const inner =
      name === 'box' ? [] : fieldsOf(schema.items ?? schema, `${path}${schema.items ? '[]' : ''}.`);
    return [...(row[2] === '' && inner.length > 0 ? [] : [row]), ...inner];
  });
}

function typeOf(schema: JsonSchema): string {
  if (Array.isArray(schema.type)) return schema.type.join(' or ');
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(', ');
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'values'}`;
  return schema.type ?? '';
}
