// `sentinel executor permissions`: the least rights of an executor, as text to hand to whoever grants them.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { here } from './run-sentinel.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sentinel-executor-'));
  const executors = [
    '- { name: shop, type: kubernetes, environments: [production], cluster: main, namespaces: [shop], actions: [scale] }',
    '- { name: web1, type: docker, environments: [production], host: web1, containers: [orders] }',
    '- { name: toy, type: mock, environments: [production] }',
  ];
  writeFileSync(
    path.join(folder, 'sentinel.yaml'),
    `executors:\n${executors.map((one) => `  ${one}\n`).join('')}`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

const permissions = (...args: string[]) => here(['executor', 'permissions', ...args], { cwd: folder });

test('prints manifests for exactly the configured namespaces and actions', async () => {
  const { code, stdout } = await permissions('shop', '--format', 'rbac');
  expect(code).toBe(0);
  const documents = parseAllDocuments(stdout).map((document) => document.toJS());
  expect(documents.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)).toEqual([
    'Role shop/sentinel-shop-read',
    'RoleBinding shop/sentinel-shop-read',
    'Role shop/sentinel-shop-write',
    'RoleBinding shop/sentinel-shop-write',
  ]);
  // Scaling concerns no DaemonSet and no pod.
  expect(documents[2].rules).toEqual([
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['patch'] },
    { apiGroups: ['apps'], resources: ['statefulsets'], verbs: ['patch'] },
  ]);
  expect(JSON.parse((await permissions('shop', '--json')).stdout)).toMatchObject({ format: 'rbac' });
});

test('prints the requests that a Docker executor makes', async () => {
  const { code, stdout } = await permissions('web1', '--format', 'docker-proxy');
  expect(code).toBe(0);
  expect(stdout).toContain('/containers/([a-f0-9]{64}|orders)/json$');
});

test.each([
  [['nobody'], 'There is no executor "nobody". Configured: shop, web1, toy.'],
  [['shop', '--format', 'iam'], 'An executor of type kubernetes has no format "iam". It has: rbac.'],
  [['toy'], 'An executor of type mock needs no rights of its own.'],
])('%j is a usage error', async (args, words) => {
  expect(await permissions(...args)).toMatchObject({ code: 2, stderr: `${words}\n` });
});
