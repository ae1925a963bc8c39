// The reference as a page: everything on it comes from the document, nothing from elsewhere, and nothing in it runs.

import { html } from 'hono/html';
import type { Route } from '../http/route.ts';
import type { OpenApiDocument } from './document.ts';
import { openApiPath } from './document.ts';
import { curlOf } from './example-call.ts';

export const stylePath = '/docs/style.css';

/** The whole page. `table` is the one that the document was made of. */
export async function referencePage(document: OpenApiDocument, table: readonly Route[]): Promise<string> {
  const groups = (document.tags ?? []).map(({ name }) => ({
    name,
    operations: table
      .map((route) => ({ route, operation: operationOf(document, route) }))
      .filter(({ operation }) => operation.tags?.includes(name) === true),
  }));
  const page = html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>Sentinel API</title>
  <link rel="stylesheet" href="${stylePath}">
</head>
<body>
  <nav aria-label="Operations">
    <p><a href="#top">Sentinel API ${document.info.version}</a></p>
    ${groups.map(
      ({ name, operations }) => html`<h2>${name}</h2>
    <ul>${operations.map(
      ({ route, operation }) =>
        html`<li><a href="#${operation.operationId}"><b>${route.method}</b> ${route.path}</a></li>`,
    )}</ul>`,
    )}
    <h2>schemas</h2>
    <ul>${schemasOf(document).map(([name]) => html`<li><a href="#schema-${name}">${name}</a></li>`)}</ul>
  </nav>
  <main id="top">
    <h1>Sentinel API</h1>
    <p>${document.info.description}</p>
    <p>The same as a document for programs: <a href="/openapi.json">/openapi.json</a> (OpenAPI ${document.openapi}).</p>
    ${groups.map(
      ({ name, operations }) => html`<section aria-label="${name}"><h2>${name}</h2>
    ${operations.map(({ route, operation }) => article(route, operation))}</section>`,
    )}
    <h2>Schemas</h2>
    ${schemasOf(document).map(
      ([name, schema]) => html`<section id="schema-${name}"><h3>${name}</h3>${json(schema)}</section>`,
    )}
  </main>
</body>
</html>`;
  return String(await page);
}

type Operation = {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
};
type Parameter = {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: object;
};
type Content = Readonly<Record<string, { readonly schema?: object }>>;

function operationOf(document: OpenApiDocument, { method, path }: Route): Operation {
  const item = document.paths?.[openApiPath(path)];
  return item?.[method.toLowerCase() as 'get' | 'post' | 'delete'] as unknown as Operation;
}

function schemasOf(document: OpenApiDocument): [string, object][] {
  return Object.entries(document.components?.schemas ?? {}).toSorted(([a], [b]) => a.localeCompare(b));
}

function article(route: Route, operation: Operation) {
  const { operationId, summary, parameters = [], requestBody, responses } = operation;
  return html`<article id="${operationId}">
    <h3><b>${route.method}</b> <code>${route.path}</code></h3>
    <p>${summary}</p>
    <p>Role: <b>${route.permission}</b></p>
    <pre><code>${curlOf(route)}</code></pre>
    ${
      parameters.length === 0
        ? ''
        : html`<table><caption>Parameters</caption>
      <thead><tr><th>name</th><th>in</th><th>required</th><th>schema</th></tr></thead>
      <tbody>${parameters.map(
        (one) => html`<tr><td><code>${one.name}</code></td><td>${one.in}</td>
        <td>${one.required === true ? 'yes' : 'no'}</td><td><code>${JSON.stringify(one.schema)}</code></td></tr>`,
      )}</tbody></table>`
    }
    ${requestBody === undefined ? '' : html`<h4>Body</h4>${bodies(requestBody.content)}`}
    <h4>Answers</h4>
    ${Object.entries(responses).map(
      ([status, { description, content = {} }]) =>
        html`<details><summary><b>${status}</b> ${description}</summary>${bodies(content)}</details>`,
    )}
  </article>`;
}

function bodies(content: Content) {
  return Object.entries(content).map(
    ([mediaType, { schema = {} }]) => html`<p><code>${mediaType}</code></p>${json(schema)}`,
  );
}

/** A schema as it stands in the document; names of components lead to them. */
function json(schema: object) {
  const text = JSON.stringify(schema, null, 2);
  const parts = text.split(/("#\/components\/schemas\/\w+")/);
  return html`<pre><code>${parts.map((part) => {
    const name = /^"#\/components\/schemas\/(\w+)"$/.exec(part)?.[1];
    return name === undefined ? part : html`<a href="#schema-${name}">${part}</a>`;
  })}</code></pre>`;
}
