/** What an incident may act on. */
import { expect, test } from 'vitest';
import type { DiagnosisInput } from '../../../domain/diagnosis/input.ts';
import { blastSet } from '../../../domain/incident/blast-set.ts';
import { anomaly } from '../../support/incident-examples.ts';

const input: DiagnosisInput = {
  environment: 'test',
  nowMs: 0,
  onsetMs: 0,
  anomalies: [anomaly('a')], // of orders
  calls: [],
  metrics: [],
  logs: [],
  edges: [
    { caller: 'edge', callee: 'shop' },
    { caller: 'shop', callee: 'orders' },
    { caller: 'orders', callee: 'billing' },
    { caller: 'billing', callee: 'ledger' },
    { caller: 'ledger', callee: 'orders' },
    { caller: 'shop', callee: 'catalog' },
  ],
  changes: [],
  targets: [],
  missing: [],
};

test('the services that showed something, what they depend on, and their direct callers', () => {
  expect([...blastSet(input)].toSorted()).toEqual(['billing', 'ledger', 'orders', 'shop']);
});

test('is empty without an anomaly', () => {
  expect(blastSet({ ...input, anomalies: [] }).size).toBe(0);
});
