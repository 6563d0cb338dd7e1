import { z } from 'zod';
import { type ErrorCode, errorTable } from './errors.ts';
import { errorsOf, type Route, type RouteName, routes } from './routes.ts';
import {
  API_VERSION,
  boxSchema,
  createUploadBodySchema,
  detectBodySchema,
  detectionPathSchema,
  detectionSchema,
  detectionStateSchema,
  detectQuerySchema,
  healthSchema,
  problemSchema,
  uploadSchema,
} from './schemas.ts';

type Json = Record<string, unknown>;

const requestSchemas = { DetectUpload: detectBodySchema, CreateUpload: createUploadBodySchema };
const responseSchemas = {
  Box: boxSchema,
  Detection: detectionSchema,
  DetectionState: detectionStateSchema,
  Health: healthSchema,
  Problem: problemSchema,
  Upload: uploadSchema,
};

/** The API as an OpenAPI 3.1 document, made from the schemas that requests and responses are checked with. */
export const openApiDocument = {
  openapi: '3.1.1',
  info: {
    title: 'Deepfake Detection API',
    version: API_VERSION,
    license: { name: 'MIT', identifier: 'MIT' },
    description: `Tells whether the face in a short video clip was forged.\n\n${describeErrors()}`,
  },
  servers: [{ url: '/' }],
  security: [{ ApiKey: [] }],
  paths: {
    [routes.detectDeepfake.path]: {
      post: operation('detectDeepfake', {
        summary: 'Examine a clip',
        parameters: parametersOf(detectQuerySchema, 'query'),
        requestBody: {
          required: true,
          content: {
            'multipart/form-data': {
              schema: {
                type: 'object',
                required: ['video'],
                properties: { video: { type: 'string', format: 'binary', description: 'The clip.' } },
              },
            },
            'video/*': { schema: { type: 'string', format: 'binary' } },
            'application/json': { schema: refTo('DetectUpload') },
          },
        },
        responses: { 200: jsonOf('What was found out about the clip.', 'Detection') },
      }),
    },
    [routes.createUpload.path]: {
      post: operation('createUpload', {
        summary: 'Ask for permission to upload a clip that is too large for a request',
        requestBody: { required: false, content: { 'application/json': { schema: refTo('CreateUpload') } } },
        responses: { 201: jsonOf('Where and with which form fields to post the clip.', 'Upload') },
      }),
    },
    [routes.getDetection.path]: {
      get: operation('getDetection', {
        summary: 'What became of an upload',
        parameters: parametersOf(detectionPathSchema, 'path'),
        responses: {
          200: jsonOf('The state of the upload, with its result when there is one.', 'DetectionState'),
        },
      }),
    },
    [routes.getHealth.path]: {
      get: operation('getHealth', {
        summary: 'Whether the API answers',
        responses: { 200: jsonOf('It does.', 'Health') },
      }),
    },
    [routes.getOpenApi.path]: {
      get: operation('getOpenApi', {
        summary: 'This document',
        responses: {
          200: {
            description: 'OpenAPI 3.1.',
            content: { 'application/json': { schema: { type: 'object' } } },
          },
        },
      }),
    },
  },
  components: {
    securitySchemes: { ApiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' } },
    schemas: { ...componentsOf(requestSchemas, 'input'), ...componentsOf(responseSchemas, 'output') },
  },
};

function operation(name: RouteName, description: { summary: string; responses: Json } & Json): Json {
  const route: Route = routes[name];
  return {
    operationId: name,
    ...description,
    ...(!route.secured && { security: [] }),
    responses: { ...description.responses, ...problemsOf(errorsOf(route)) },
  };
}

/** Error responses by status, each naming its codes. */
function problemsOf(codes: ErrorCode[]): Json {
  const byStatus = Object.groupBy(codes, (code) => String(errorTable[code].status));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group = []]) => [
      status,
      {
        description: group.map((code) => `\`${code}\`: ${errorTable[code].title}`).join('; '),
        content: { 'application/problem+json': { schema: refTo('Problem') } },
      },
    ]),
  );
}

function describeErrors(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { status, title }]) => `| ${status} | \`${code}\` | ${title} |`,
  );
  return [
    'Errors are RFC 9457 problem documents:',
    '',
    '| status | code | title |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function parametersOf(schema: z.ZodObject, place: 'query' | 'path'): Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property as Json;
    return { name, in: place, description, required: required.includes(name), schema: rest };
  });
}

function componentsOf(schemas: Record<string, z.ZodType>, io: 'input' | 'output'): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const { schemas: described } = z.toJSONSchema(registry, { io, uri: (id) => `#/components/schemas/${id}` });
  // `$id` and `$schema` belong to a document of its own, not to a component.
  return Object.fromEntries(
    Object.entries(described).map(([id, { $id: _id, $schema: _schema, ...schema }]) => [id, schema]),
  );
}

function jsonOf(description: string, schema: string): Json {
  return { description, content: { 'application/json': { schema: refTo(schema) } } };
}

function refTo(schema: string): Json {
  return { $ref: `#/components/schemas/${schema}` };
}
