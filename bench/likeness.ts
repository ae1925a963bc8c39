/**
 * Alerts that are described alike: how many of the labelled pairs would be joined, rightly and wrongly, by threshold, beside the words
 * alone; what an embedding costs; and how long a memory of 10,000 incidents takes to recall.
 *
 *   npm run bench -- likeness
 */
import { openDatabase } from '../adapters/postgres/index.ts';
import { createVectorMemory } from '../adapters/postgres/memory/vectors.ts';
import { createSentenceEmbedder } from '../adapters/sentences/embedder.ts';
import { ServiceGraph } from '../domain/correlation/service-graph.ts';
import { sharedSubject } from '../domain/correlation/shared-subject.ts';
import { cosine } from '../domain/memory/cosine.ts';
import { type Described, descriptionOf, differInMeaning } from '../domain/memory/description.ts';
import {
  type DescribedAlert,
  type DescribedPair,
  describedPairs,
  heldOutPairs,
} from './support/described-pairs.ts';
import { quantile } from './support/quantile.ts';

const thresholds = [0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9];
const remembered = 10_000;
const questions = 50;

const embedder = createSentenceEmbedder();
const before = process.memoryUsage().rss;
const beganMs = performance.now();
await embedder.embed(['error rate of it is high']);
const loadMs = performance.now() - beganMs;

const texts = [...describedPairs, ...heldOutPairs].flatMap(({ one, other }) => [
  descriptionOf(of(one)),
  descriptionOf(of(other)),
]);
const unique = [...new Set(texts)];
const embeddedMs = performance.now();
const vectors = new Map<string, readonly number[]>();
for (const text of unique) for (const vector of await embedder.embed([text])) vectors.set(text, vector);
const perTextMs = (performance.now() - embeddedMs) / unique.length;
const residentMb = (process.memoryUsage().rss - before) / 1e6;

const judge = ({ alike, one, other, calls }: DescribedPair) => {
  const [left, right] = [descriptionOf(of(one)), descriptionOf(of(other))];
  const edges = calls.map((call) => {
    const [caller = '', callee = ''] = call.split('>');
    return { caller, callee };
  });
  const agrees =
    sharedSubject(of(one), of(other), new ServiceGraph(edges, 2)) !== null && !differInMeaning(left, right);
  return { alike, agrees, similarity: cosine(vectors.get(left) ?? [], vectors.get(right) ?? []) };
};
type Judged = ReturnType<typeof judge>;

function of({ service, title, rule, common = {} }: DescribedAlert): Described {
  return { service, title, common: { ...common, ...(rule === undefined ? {} : { rule }) } };
}

function scoreOf(judged: readonly Judged[], joins: (one: Judged) => boolean) {
  const joined = judged.filter(joins);
  const right = joined.filter(({ alike }) => alike).length;
  return {
    joined: joined.length,
    false: joined.length - right,
    precision: round(right / Math.max(1, joined.length)),
    recall: round(right / judged.filter(({ alike }) => alike).length),
  };
}

function figuresOf(pairs: readonly DescribedPair[]) {
  const judged = pairs.map(judge);
  const alike = judged.filter((one) => one.alike).length;
  return {
    pairs: { alike, notAlike: judged.length - alike },
    byThreshold: thresholds.map((least) => ({
      least,
      ...scoreOf(judged, ({ agrees, similarity }) => agrees && similarity >= least),
    })),
    reference: {
      name: 'the likeness of the words alone, from 0.8',
      ...scoreOf(judged, ({ similarity }) => similarity >= 0.8),
    },
  };
}

async function recallMs(): Promise<readonly number[]> {
  const database = await openDatabase({ memory: true, vectors: true });
  const memory = createVectorMemory(database.db, { space: 'bench', problem: database.vectorProblem });
  const all = [...vectors.values()];
  for (let from = 0; from < remembered; from += 500)
    await memory.remember(
      Array.from({ length: 500 }, (_, index) => ({
        incident: {
          ...{
            incidentId: `incident/${from + index}`,
            environment: 'production',
            service: `service-${index}`,
          },
          ...{ title: 'bench', description: 'bench', common: {}, openedAtMs: from + index },
          end: { outcome: 'resolved', atMs: from + index, cause: null, tried: [] },
        },
        vector: (all[index % all.length] ?? []).map((value, at) => value + ((from + index + at) % 7) / 100),
      })),
    );
  const tookMs: number[] = [];
  for (let index = 0; index < questions; index += 1) {
    const askedMs = performance.now();
    await memory.recall({
      ...{ environment: 'production', is: 'ended', minSimilarity: 0.8, sinceMs: 0, limit: 6 },
      vector: all[index % all.length] ?? [],
    });
    tookMs.push(performance.now() - askedMs);
  }
  await database.close();
  return tookMs.toSorted((one, other) => one - other);
}

const tookMs = await recallMs();
await embedder.close();
console.log(
  JSON.stringify({
    benchmark: 'likeness',
    heldOut: figuresOf(heldOutPairs),
    madeWith: figuresOf(describedPairs),
    embedding: { loadMs: round(loadMs), perTextMs: round(perTextMs), residentMb: round(residentMb) },
    recall: {
      incidents: remembered,
      p50Ms: round(quantile(tookMs, 0.5)),
      p99Ms: round(quantile(tookMs, 0.99)),
    },
  }),
);

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
