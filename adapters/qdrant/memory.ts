// IncidentMemory on Qdrant: a collection for each space of vectors, made at the first use. Searched exactly: with so few points the
// index would save nothing, and would miss some.

import { createHash } from 'node:crypto';
import { QdrantClient } from '@qdrant/js-client-rest';
import {
  type IncidentMemory,
  type Memory,
  MemoryUnavailable,
  type RememberedIncident,
} from '../../domain/memory/port.ts';

export type QdrantOptions = {
  readonly url: string;
  readonly apiKey: string | null;
  readonly collection: string;
  readonly space: string;
  readonly timeoutMs: number;
};

/** What is searched by stands beside what is given back. */
type Payload = {
  readonly environment: string;
  readonly service: string;
  readonly state: 'open' | 'ended';
  readonly openedAtMs: number;
  readonly incident: RememberedIncident;
};

const indexed = {
  environment: 'keyword',
  service: 'keyword',
  state: 'keyword',
  openedAtMs: 'integer',
} as const;
const pointsAtOnce = 100;

export function createQdrantMemory({
  url,
  apiKey,
  collection,
  space,
  timeoutMs,
}: QdrantOptions): IncidentMemory {
  const { port, protocol } = new URL(url);
  const client = new QdrantClient({
    url,
    // Without one the client would take its own default, whatever the URL means.
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    timeout: timeoutMs,
    checkCompatibility: false,
    // As a header of ours: given as its key, the client would write to the console about http.
    ...(apiKey === null ? {} : { headers: { 'api-key': apiKey } }),
  });
  const name = `${collection}-${digest(space).slice(0, 12)}`;
  let isMade = false;

  async function make(size: number): Promise<void> {
    if (isMade) return;
    const { exists } = await client.collectionExists(name);
    if (!exists) {
      await client.createCollection(name, { vectors: { size, distance: 'Cosine' } }).catch(unlessThere);
      for (const [field, schema] of Object.entries(indexed))
        await client.createPayloadIndex(name, { field_name: field, field_schema: schema, wait: true });
    }
    isMade = true;
  }

  /** Another process may have made it meanwhile. */
  async function unlessThere(error: unknown): Promise<void> {
    if (!(await client.collectionExists(name)).exists) throw error;
  }

  /** What has ended stays ended. */
  async function withoutOvertaken(memories: readonly Memory[]): Promise<readonly Memory[]> {
    const open = memories.filter(({ incident }) => incident.end === null);
    if (open.length === 0) return memories;
    const known = await client.retrieve(name, {
      ids: open.map(({ incident }) => pointId(incident.incidentId)),
      with_payload: ['state'],
    });
    const over = new Set(known.filter(({ payload }) => payload?.state === 'ended').map(({ id }) => id));
    return memories.filter(
      ({ incident }) => incident.end !== null || !over.has(pointId(incident.incidentId)),
    );
  }

  return {
    name: `qdrant/${name}`,

    remember: (memories) =>
      attempt(async () => {
        for (let from = 0; from < memories.length; from += pointsAtOnce) {
          const some = memories.slice(from, from + pointsAtOnce);
          await make(some[0]?.vector.length ?? 0);
          const points = (await withoutOvertaken(some)).map(pointOf);
          if (points.length > 0) await client.upsert(name, { points, wait: true });
        }
      }),

    recall: ({ environment, vector, is, service, minSimilarity, sinceMs, limit }) =>
      attempt(async () => {
        const { points } = await client
          .query(name, {
            query: [...vector],
            filter: {
              must: [
                { key: 'environment', match: { value: environment } },
                { key: 'state', match: { value: is } },
                { key: 'openedAtMs', range: { gte: Math.round(sinceMs) } },
                ...(service === undefined ? [] : [{ key: 'service', match: { value: service } }]),
              ],
            },
            params: { exact: true },
            score_threshold: minSimilarity,
            limit,
            with_payload: true,
          })
          .catch((error: unknown) => {
            if (isNotFound(error)) return { points: [] };
            throw error;
          });
        return points.map(({ score, payload }) => ({
          similarity: score,
          incident: (payload as unknown as Payload).incident,
        }));
      }),

    forget: (beforeMs) =>
      attempt(async () => {
        const filter = { must: [{ key: 'openedAtMs', range: { lt: Math.round(beforeMs) } }] };
        await client.delete(name, { filter, wait: true }).catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        });
      }),

    async close() {},
  };

  async function attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      // Whatever it was may have taken the collection with it.
      isMade = false;
      const said = cause instanceof Error ? cause.message : String(cause);
      throw new MemoryUnavailable(`Qdrant at ${url} does not answer as it should (${said})`, { cause });
    }
  }
}

function pointOf({ incident, vector }: Memory) {
  const payload: Payload = {
    environment: incident.environment,
    service: incident.service,
    state: incident.end === null ? 'open' : 'ended',
    openedAtMs: Math.round(incident.openedAtMs),
    incident,
  };
  return { id: pointId(incident.incidentId), vector: [...vector], payload };
}

/** Qdrant takes numbers and UUIDs only. */
function pointId(incidentId: string): string {
  return digest(incidentId).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function isNotFound(error: unknown): boolean {
  return (error as { readonly status?: unknown }).status === 404;
}
