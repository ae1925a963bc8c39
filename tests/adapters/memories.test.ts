// What every memory of incidents does: one contract, on the embedded pgvector, on a fake of Qdrant's REST API, and on
// Qdrant's own engine.

import { afterAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../adapters/postgres/index.ts';
import { createVectorMemory } from '../../adapters/postgres/memory/vectors.ts';
import { createQdrantMemory } from '../../adapters/qdrant/memory.ts';
import { type IncidentMemory, MemoryUnavailable, type RememberedIncident } from '../../domain/memory/port.ts';
import { describeWith } from '../support/component.ts';
import type { QdrantInfo } from '../support/components/qdrant.ts';
import { databaseCache } from '../support/stores.ts';
import { startFakeQdrant } from './qdrant/fake-qdrant.ts';

type Opened = { open(space: string): IncidentMemory; close(): Promise<void> };

const stores: Readonly<Record<string, () => Promise<Opened>>> = {
  async pgvector() {
    const database: Database = await openDatabase({ memory: true, cacheDir: databaseCache, vectors: true });
    return {
      open: (space) => createVectorMemory(database.db, { space, problem: database.vectorProblem }),
      close: database.close,
    };
  },
  async qdrant() {
    const server = await startFakeQdrant();
    return { ...onQdrant(server.url), close: server.close };
  },
};

function onQdrant(url: string): Opened {
  return {
    open: (space) =>
      createQdrantMemory({ url, apiKey: null, collection: 'incidents', space, timeoutMs: 60_000 }),
    close: async () => {},
  };
}

const opened: Promise<Opened>[] = [];
afterAll(async () => {
  for (const one of opened) await (await one).close();
});

const end: RememberedIncident['end'] = {
  outcome: 'resolved',
  atMs: 2_000,
  cause: { cause: 'bad-release', service: 'orders' },
  tried: [{ tried: 'against bad-release: rollback-release orders', cameOf: 'afterwards recovered' }],
};
const incident = (incidentId: string, about: Partial<RememberedIncident> = {}): RememberedIncident => ({
  incidentId,
  environment: 'production',
  service: 'orders',
  title: 'Error rate of orders is "high" \u{1f525}',
  description: 'error rate of it is high',
  common: { cluster: 'blue' },
  openedAtMs: 1_000,
  end,
  ...about,
});
const question = {
  environment: 'production',
  vector: [1, 0, 0],
  is: 'ended',
  minSimilarity: -2,
  sinceMs: 0,
  limit: 10,
} as const;
const idsOf = (found: readonly { readonly incident: RememberedIncident }[]) =>
  found.map((one) => one.incident.incidentId);

for (const [name, start] of Object.entries(stores)) contract(name, start);
await describeWith<QdrantInfo>('qdrant', "Qdrant's own engine", ({ url }) =>
  contract('its REST API', async () => onQdrant(url)),
);

function contract(name: string, start: () => Promise<Opened>) {
  describe(`a memory on ${name}`, () => {
    const store = start();
    opened.push(store);
    let spaces = 0;
    const fresh = async (): Promise<IncidentMemory> => {
      spaces += 1;
      return (await store).open(`space ${spaces}`);
    };

    test('gives back what it was given, the most alike first, with the cosine', async () => {
      const memory = await fresh();
      await memory.remember([
        { incident: incident('across'), vector: [0, 2, 0] },
        { incident: incident('the same'), vector: [3, 0, 0] },
        { incident: incident('between'), vector: [1, 1, 0] },
        { incident: incident('the opposite'), vector: [-1, 0, 0] },
      ]);
      const found = await memory.recall(question);
      expect(idsOf(found)).toEqual(['the same', 'between', 'across', 'the opposite']);
      expect(found[0]?.incident).toEqual(incident('the same'));
      expect(found.map(({ similarity }) => Math.round(similarity * 100) / 100)).toEqual([1, 0.71, 0, -1]);
    });

    test('answers within similarity, number and time', async () => {
      const memory = await fresh();
      await memory.remember([
        { incident: incident('old', { openedAtMs: 100 }), vector: [1, 0, 0] },
        { incident: incident('at the bound', { openedAtMs: 500 }), vector: [1, 0.1, 0] },
        { incident: incident('other words'), vector: [0.6, 0.8, 0] },
        { incident: incident('new'), vector: [1, 0.2, 0] },
      ]);
      expect(idsOf(await memory.recall({ ...question, sinceMs: 500, minSimilarity: 0.9 }))).toEqual([
        'at the bound',
        'new',
      ]);
      expect(idsOf(await memory.recall({ ...question, limit: 1 }))).toEqual(['old']);
      expect(await memory.recall({ ...question, vector: [0, 0, 1], minSimilarity: 0.5 })).toEqual([]);
    });

    test('keeps environments, services, open and ended apart', async () => {
      const memory = await fresh();
      await memory.remember([
        { incident: incident('staging', { environment: 'staging' }), vector: [1, 0, 0] },
        { incident: incident('other service', { service: 'cart' }), vector: [1, 0, 0] },
        { incident: incident('open', { end: null }), vector: [1, 0, 0] },
        { incident: incident('ended'), vector: [1, 0.1, 0] },
      ]);
      expect(idsOf(await memory.recall(question))).toEqual(['other service', 'ended']);
      expect(idsOf(await memory.recall({ ...question, service: 'orders' }))).toEqual(['ended']);
      expect(idsOf(await memory.recall({ ...question, is: 'open' }))).toEqual(['open']);
      expect(idsOf(await memory.recall({ ...question, environment: 'staging' }))).toEqual(['staging']);
      expect(await memory.recall({ ...question, environment: 'production" or true' })).toEqual([]);
    });

    test('the same incident again replaces what is known, and what has ended stays ended', async () => {
      const memory = await fresh();
      await memory.remember([{ incident: incident('one', { end: null }), vector: [0, 1, 0] }]);
      await memory.remember([{ incident: incident('one'), vector: [1, 0, 0] }]);
      await memory.remember([
        { incident: incident('one', { end: null }), vector: [0, 0, 1] },
        { incident: incident('two', { end: null }), vector: [0, 0, 1] },
      ]);
      const found = await memory.recall(question);
      expect(found.map(({ similarity, incident: { incidentId } }) => [incidentId, similarity])).toEqual([
        ['one', 1],
      ]);
      expect(idsOf(await memory.recall({ ...question, is: 'open' }))).toEqual(['two']);
    });

    test('forgets what was opened before', async () => {
      const memory = await fresh();
      await memory.remember([
        { incident: incident('old', { openedAtMs: 999 }), vector: [1, 0, 0] },
        { incident: incident('new', { openedAtMs: 1_000 }), vector: [1, 0, 0] },
      ]);
      await memory.forget(1_000);
      expect(idsOf(await memory.recall(question))).toEqual(['new']);
    });

    test('spaces of vectors know nothing of each other, and one that is empty answers nothing', async () => {
      const [memory, other] = [await fresh(), await fresh()];
      await memory.remember([{ incident: incident('one'), vector: [1, 0, 0] }]);
      await other.remember([{ incident: incident('one'), vector: [1, 0] }]);
      expect(idsOf(await memory.recall(question))).toEqual(['one']);
      expect(idsOf(await other.recall({ ...question, vector: [1, 0] }))).toEqual(['one']);
      const empty = await fresh();
      expect(await empty.recall(question)).toEqual([]);
      await empty.forget(1);
      expect(new Set([memory.name, other.name, empty.name]).size).toBe(3);
    });

    test('keeps any text that a store can keep, and as many as there are', async () => {
      const memory = await fresh();
      const title = `'; drop table incident_memory; -- \u202e{"must":[]}`;
      const many = Array.from({ length: 120 }, (_, at) => ({
        incident: incident(`incident/production/${at}`, { title }),
        vector: [1, at / 1_000, 0],
      }));
      await memory.remember(many);
      const found = await memory.recall({ ...question, limit: 200 });
      expect(found).toHaveLength(120);
      expect(found[0]?.incident.title).toBe(title);
    });
  });
}

describe('a memory that cannot be used says so', () => {
  test('Qdrant is away, breaks, or refuses the key', async () => {
    const server = await startFakeQdrant('right');
    const open = (url: string, apiKey: string) =>
      createQdrantMemory({ url, apiKey, collection: 'incidents', space: 'one', timeoutMs: 5_000 });
    await expect(open(server.url, 'wrong').recall(question)).rejects.toThrow(MemoryUnavailable);
    const memory = open(server.url, 'right');
    await memory.remember([{ incident: incident('one'), vector: [1, 0, 0] }]);
    server.broken = true;
    await expect(memory.recall(question)).rejects.toThrow(MemoryUnavailable);
    server.broken = false;
    expect(idsOf(await memory.recall(question))).toEqual(['one']);
    await server.close();
    await expect(memory.recall(question)).rejects.toThrow(/Qdrant at .* does not answer/);
  });

  test('two processes that begin at once make one collection', async () => {
    const server = await startFakeQdrant();
    const open = () =>
      createQdrantMemory({ url: server.url, apiKey: null, collection: 'c', space: 'one', timeoutMs: 5_000 });
    const memories = [open(), open(), open()];
    await Promise.all(
      memories.map((memory, at) => memory.remember([{ incident: incident(`${at}`), vector: [1, 0, 0] }])),
    );
    expect(idsOf(await open().recall(question)).toSorted()).toEqual(['0', '1', '2']);
    await server.close();
  });
});
