// The OpenAPI document and its page: every route is in both, and what they say can be used as it stands.

import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from '../../api/openapi/document.ts';
import { curlOf } from '../../api/openapi/example-call.ts';
import { routes } from '../../api/routes/index.ts';
import { clientOf } from './client.ts';
import { createWorld } from './in-memory.ts';

type Json = { readonly [key: string]: Json } | readonly Json[] | string | number | boolean | null;
const document = JSON.parse(JSON.stringify(openApiDocument(routes, '1.2.3'))) as Record<string, Json>;
const operations = Object.entries(
  document.paths as Record<string, Record<string, Record<string, Json>>>,
).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
);

function everything(value: Json): Json[] {
  if (typeof value !== 'object' || value === null) return [value];
  return [value, ...Object.values(value).flatMap(everything)];
}

describe('/openapi.json', () => {
  test('is served to anybody, as it was made', async () => {
    const { status, json } = await clientOf(createWorld())('/openapi.json', { key: null });
    expect(status).toBe(200);
    expect(json).toEqual(document);
    expect(json).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
  });

  test('has every route, with its permission, and a name for each that no other has', () => {
    expect(operations.map(({ name, operation }) => [name, operation['x-sentinel-permission']])).toEqual(
      expect.arrayContaining(
        routes.map(({ method, path, permission }) => [
          `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
          permission,
        ]),
      ),
    );
    expect(operations).toHaveLength(routes.length);
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(routes.length);
  });

  test('a key is asked for wherever the route asks for one', () => {
    for (const { operation } of operations) {
      const isPublic = operation['x-sentinel-permission'] === 'public';
      expect(operation.security).toEqual(isPublic ? [] : [{ apiKey: [] }]);
      const answers = Object.keys(operation.responses as object);
      expect(answers.includes('401') && answers.includes('403')).toBe(!isPublic);
    }
  });

  test('every reference leads to a schema, and no schema is there for nothing', () => {
    const { schemas } = document.components as { schemas: Record<string, Json> };
    const names = everything(document)
      .map((value) => (typeof value === 'object' && value !== null && '$ref' in value ? value.$ref : null))
      .filter((ref) => typeof ref === 'string')
      .map((ref) => ref.replace('#/components/schemas/', ''));
    expect(new Set(names)).toEqual(new Set(Object.keys(schemas)));
    expect(names.length).toBeGreaterThan(50);
  });

  test('every error is a problem', () => {
    for (const { name, operation } of operations) {
      const errors = Object.entries(operation.responses as Record<string, { content: object }>).filter(
        ([status]) => Number(status) >= 400,
      );
      expect({ name, errors: errors.length }).not.toEqual({ name, errors: 0 });
      for (const [, { content }] of errors) expect(content).toHaveProperty('application/problem+json');
    }
  });
});

describe.each(routes.filter(({ input }) => input.body !== null))('the example of $method $path', (route) => {
  test('is a body that is accepted', () => {
    const { error } = (route.input.body as z.ZodType).safeParse(route.example);
    expect(error === undefined ? null : z.prettifyError(error)).toBeNull();
    expect(curlOf(route)).toContain('--json');
  });
});

describe('/docs', () => {
  test('shows every operation with a call by curl, and loads and runs nothing from elsewhere', async () => {
    const { text, headers } = await clientOf(createWorld())('/docs', { key: null });
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    for (const { operation } of operations) expect(text).toContain(`<article id="${operation.operationId}">`);
    expect(text.match(/<pre><code>curl /g)).toHaveLength(routes.length);
    expect(text).not.toMatch(/<script|<style|\sstyle=|\son\w+=|https?:/);
    const ids = [...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const links = [...text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id ?? '');
    expect(links.filter((id) => !ids.includes(id))).toEqual([]);
  });

  test('its style sheet is one', async () => {
    const { text, headers } = await clientOf(createWorld())('/docs/style.css', { key: null });
    expect(headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect(text).toContain('nav');
  });
});
