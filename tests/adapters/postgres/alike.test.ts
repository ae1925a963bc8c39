/** An alert that would open an incident joins one that is described like it and can be about the same; nothing else changes. */
import { expect, test } from 'vitest';
import { createEpisodes } from '../../../adapters/postgres/episodes/episodes.ts';
import { createSilenceBook } from '../../../adapters/postgres/silences/book.ts';
import { correlationConfigSchema } from '../../../domain/correlation/correlate.ts';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import { cosine } from '../../../domain/memory/cosine.ts';
import type { IncidentMemory, Memory, MemoryQuestion, Vector } from '../../../domain/memory/port.ts';
import { assignAlike } from '../../../ingest/alike.ts';
import { alertAnomaly } from '../../../ingest/events/alert.ts';
import { describeStores } from '../../support/stores.ts';
import { unique } from './fixtures.ts';

/** Words are alike as far as they share letters of the alphabet: enough to tell these apart. */
const vectorOf = (text: string): Vector =>
  [...'abcdefghijklmnopqrstuvwxyz'].map((letter) => text.split(letter).length - 1);

class Recollection implements IncidentMemory {
  readonly name = 'test';
  readonly memories = new Map<string, Memory>();
  readonly questions: MemoryQuestion[] = [];
  fails = false;

  async remember(memories: readonly Memory[]) {
    if (this.fails) throw new Error('away');
    for (const memory of memories) this.memories.set(memory.incident.incidentId, memory);
  }
  async recall(question: MemoryQuestion) {
    if (this.fails) throw new Error('away');
    this.questions.push(question);
    return [...this.memories.values()]
      .map(({ incident, vector }) => ({ incident, similarity: cosine(vector, question.vector) }))
      .filter(({ similarity }) => similarity >= question.minSimilarity);
  }
  async forget() {}
  async close() {}
}

await describeStores('findings that are described alike', (use) => {
  const began = Date.now();

  function environmentOf(semantic: { similarity?: number; windowMs?: number } = {}) {
    const { db } = use().database;
    const environment = unique('env');
    const episodes = createEpisodes(db, createSilenceBook(), { lateFindingsMs: 0, followsWithinMs: 0 });
    const config = correlationConfigSchema.parse({
      // Three that say the same are a crowd anyway.
      crowds: { text: 0 },
      semantic: { enabled: true, ...semantic },
    });
    const memory = new Recollection();
    const embedded: string[] = [];
    const warnings: unknown[] = [];
    const embedder = {
      space: 'letters',
      async embed(texts: readonly string[]) {
        embedded.push(...texts);
        return texts.map(vectorOf);
      },
    };
    const assignAll = assignAlike(episodes, {
      memory,
      embedder,
      config: config.semantic,
      timeoutMs: 60_000,
      log: { warn: (fields) => void warnings.push(fields) },
    });
    const alert = (
      service: string,
      title: string,
      { minutes = 0, attributes = {} }: { minutes?: number; attributes?: Record<string, string> } = {},
    ): Anomaly =>
      alertAnomaly(
        {
          ...{
            kind: 'alert',
            id: unique('alert'),
            status: 'firing',
            source: 'test',
            severity: 'warning',
            title,
          },
          scope: { environment, service },
          atMs: began + minutes * 60_000,
          attributes,
        },
        began,
      );
    const assign = async (...anomalies: readonly Anomaly[]) =>
      (await assignAll(anomalies, config)).map((one) =>
        one.kind === 'incident' ? one.input.incidentId : one.reason,
      );
    const reasonOf = async ({ id }: Anomaly) =>
      db
        .selectFrom('anomaly_assignments')
        .select(['reason', 'why'])
        .where('anomaly_id', '=', id)
        .executeTakeFirst();
    return { episodes, memory, embedded, warnings, alert, assign, reasonOf, environment };
  }

  test('another sender tells of the same thing under another name: it joins, and says why', async () => {
    const { alert, assign, reasonOf, memory } = environmentOf();
    const [first] = await assign(alert('tills', 'Error rate of tills is high: 12%'));
    expect([...memory.memories.keys()]).toEqual([first]);
    const later = alert('tills-api', 'Error rate of tills-api is too high', { minutes: 20 });
    expect(await assign(later)).toEqual([first]);
    expect(await reasonOf(later)).toEqual({
      reason: 'alike',
      why: expect.stringMatching(/^described alike \(0\.9\d\), and tills-api is tills by another name$/),
    });
  });

  test('within one batch, too', async () => {
    const { alert, assign } = environmentOf();
    const found = await assign(
      alert('tills', 'Error rate of tills is high'),
      alert('wiki', 'Error rate of wiki is high'),
      alert('prod-tills', 'Error rate of prod-tills is high'),
    );
    expect(found[2]).toBe(found[0]);
    expect(found[1]).not.toBe(found[0]);
  });

  test.each([
    ['about something else', 'wiki', 'Error rate of wiki is high', {}],
    [
      'at another place',
      'tills-api',
      'Error rate of tills-api is high',
      { attributes: { cluster: 'green' } },
    ],
    ['after the window', 'tills-api', 'Error rate of tills-api is high', { minutes: 31 }],
    ['in other words', 'tills-api', 'zzz qqq kkk', {}],
    ['the opposite', 'tills-api', 'Error rate of tills-api is low', {}],
  ])('%s: an incident of its own', async (_name, service, title, more) => {
    const { alert, assign } = environmentOf();
    const [first] = await assign(
      alert('tills', 'Error rate of tills is high', { attributes: { cluster: 'blue' } }),
    );
    const [second] = await assign(alert(service, title, more));
    expect(second).not.toBe(first);
  });

  test('an incident that has ended meanwhile takes nothing in, whatever the memory says', async () => {
    const { alert, assign, episodes } = environmentOf();
    const [first = ''] = await assign(alert('tills', 'Error rate of tills is high'));
    await episodes.abandon(first);
    const [second] = await assign(alert('tills-api', 'Error rate of tills-api is high', { minutes: 1 }));
    expect(second).not.toBe(first);
  });

  test('the memory is asked only about what would open an incident, once for the same words', async () => {
    const { alert, assign, memory, embedded } = environmentOf();
    await assign(alert('tills', 'Error rate of tills is high'));
    expect(memory.questions).toHaveLength(1);
    await assign(alert('tills', 'Latency of tills is high'), alert('tills', 'tills is down'));
    expect(memory.questions).toHaveLength(1);
    await assign(
      ...['mail', 'wiki', 'news', 'chat'].map((service) =>
        alert(service, `Error rate of ${service} is high`),
      ),
    );
    expect(embedded.slice(1)).toEqual(['error rate of it is high']);
  });

  test('without an answer an alert opens its incident as ever', async () => {
    const { alert, assign, memory, warnings, environment } = environmentOf();
    memory.fails = true;
    const [first, second] = await assign(
      alert('tills', 'Error rate of tills is high'),
      alert('tills-api', 'Error rate of tills-api is high'),
    );
    expect(first).toContain(environment.slice(0, 10));
    expect(second).not.toBe(first);
    expect(warnings.length).toBeGreaterThan(0);
  });

  test('what Sentinel measured itself, and information, is never joined by words', async () => {
    const { alert, assign, memory } = environmentOf();
    await assign(alert('tills', 'Error rate of tills is high'));
    const measured: Anomaly = {
      ...alert('tills-api', 'Error rate of tills-api is high'),
      detector: 'error-ratio',
    };
    const [own] = await assign(measured);
    expect([...memory.memories.keys()]).not.toContain(own);
    expect(memory.questions).toHaveLength(1);
  });
});
