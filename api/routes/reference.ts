// GET /openapi.json and GET /docs: what this API is, for programs and for people. Public, like the source they come from.

import { type Route, route } from '../http/route.ts';
import { type OpenApiDocument, openApiDocument } from '../openapi/document.ts';
import { referencePage, stylePath } from '../openapi/page.ts';
import { style } from '../openapi/style.ts';

/** Made once per table: the table does not change while a process runs. */
const documents = new WeakMap<readonly Route[], OpenApiDocument>();

function documentOf(table: readonly Route[], version: string): OpenApiDocument {
  const document = documents.get(table) ?? openApiDocument(table, version);
  documents.set(table, document);
  return document;
}

export const openApi = route({
  method: 'GET',
  path: '/openapi.json',
  permission: 'public',
  summary: 'This API as an OpenAPI 3.1 document.',
  answers: { 200: { mediaType: 'application/json', description: 'An OpenAPI 3.1 document.' } },
  handler: async ({ table, deps }) => ({ response: Response.json(documentOf(table, deps.about.version)) }),
});

/** Only the style sheet may be loaded; nothing may run. */
const policy =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const reference = route({
  method: 'GET',
  path: '/docs',
  permission: 'public',
  summary: 'The API reference as a searchable page, with a curl command for every operation.',
  answers: { 200: { mediaType: 'text/html', description: 'The reference.' } },
  handler: async ({ table, deps }) => {
    const page = await referencePage(documentOf(table, deps.about.version), table);
    const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy };
    return { response: new Response(page, { headers }) };
  },
});

export const referenceStyle = route({
  method: 'GET',
  path: stylePath,
  permission: 'public',
  summary: 'The style sheet of the reference.',
  answers: { 200: { mediaType: 'text/css', description: 'A style sheet.' } },
  handler: async () => ({
    response: new Response(style, { headers: { 'content-type': 'text/css; charset=utf-8' } }),
  }),
});
