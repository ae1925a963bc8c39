/** The supervisor's HTTP API: observe, preview, act, and look up what was done. */
import { z } from 'zod';
import { HttpError, type JsonAnswer, type JsonRequest, type JsonRoute } from '../support/http.ts';
import type { ServiceName } from '../topology.ts';
import { type ActionName, actionNames, prepare, snapshot } from './actions.ts';
import type { AnswerFaults } from './answer-faults.ts';
import type { Cluster } from './cluster.ts';
import type { ChangeFeed } from './events.ts';
import { Fences } from './fences.ts';
import type { Ledger } from './ledger.ts';
import type { ManagedService, ServiceView } from './service.ts';

const requestSchema = z.strictObject({
  intentId: z.string().min(1).max(300),
  fence: z.number().int().min(0),
  action: z.enum(actionNames as [ActionName, ...ActionName[]]),
  service: z.string(),
  parameters: z.record(z.string(), z.unknown()).default({}),
  /** The number of this send of the intent; what is not newer than one seen or closed is refused. */
  send: z.number().int().min(1).optional(),
  /** Epoch milliseconds after which the effect must not begin any more. */
  notAfterMs: z.number().int().optional(),
  /** The effect begins only while the service has this revision. */
  ifRevision: z.number().int().optional(),
});

const closeSchema = z.strictObject({
  service: z.string(),
  fence: z.number().int().min(0),
  send: z.number().int().min(1),
});

export interface ApiDeps {
  cluster: Pick<Cluster, 'services'>;
  ledger: Ledger;
  feed: ChangeFeed;
  answerFaults: AnswerFaults;
}

export function createApiRoutes(deps: ApiDeps): JsonRoute[] {
  const { cluster, ledger } = deps;
  const fences = new Fences();
  const running = new Set<string>();
  const begun = new Set<string>();
  return [
    {
      method: 'GET',
      path: /^\/v1\/services$/,
      handle: async () => {
        const services = await Promise.all([...cluster.services.values()].map(viewOf));
        return { status: 200, body: { services } };
      },
    },
    {
      method: 'GET',
      path: /^\/v1\/services\/([^/]+)$/,
      handle: async ({ parameters: [name = ''] }) => ({
        status: 200,
        body: await viewOf(find(cluster, name, 404)),
      }),
    },
    {
      method: 'POST',
      path: /^\/v1\/actions$/,
      handle: (request) => act({ ...deps, fences, running, begun }, request),
    },
    {
      method: 'GET',
      path: /^\/v1\/actions\/([^/]+)$/,
      handle: ({ parameters: [intentId = ''] }) => {
        const entries = ledger.ofIntent(intentId);
        const inProgress = running.has(intentId);
        if (entries.length === 0 && !inProgress)
          throw new HttpError(404, `nothing was done for intent ${intentId}`);
        return { status: 200, body: { intentId, inProgress, entries } };
      },
    },
    {
      method: 'POST',
      path: /^\/v1\/actions\/([^/]+)\/close$/,
      // Nothing in here waits: between the question and the fence no effect can begin.
      handle: ({ parameters: [intentId = ''], body }) => {
        const { service: name, ...ticket } = parse(closeSchema, body);
        const service = find(cluster, name, 422);
        const happened = ledger.ofIntent(intentId).length > 0;
        const inProgress = begun.has(intentId);
        if (!happened && !inProgress) fences.raise(service.name, ticket);
        return { status: 200, body: { intentId, happened, inProgress, closed: !happened && !inProgress } };
      },
    },
    {
      method: 'GET',
      path: /^\/v1\/ledger$/,
      handle: () => ({ status: 200, body: { entries: ledger.entries } }),
    },
  ];
}

async function viewOf(service: ManagedService): Promise<ServiceView> {
  return service.view(await service.sandboxBytes());
}

function find(cluster: ApiDeps['cluster'], name: string, status: number): ManagedService {
  const service = cluster.services.get(name as ServiceName);
  if (!service) throw new HttpError(status, `there is no service ${name}`, 'unknown-target');
  return service;
}

function parse<S extends z.ZodType>(schema: S, body: unknown): z.infer<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw new HttpError(422, problems.join('; '));
}

interface ActDeps extends ApiDeps {
  fences: Fences;
  /** Intents whose effect is under way: neither in the ledger yet nor absent. */
  running: Set<string>;
  /** Those of them whose effect has begun: too late to close. */
  begun: Set<string>;
}

async function act(
  { cluster, ledger, feed, answerFaults, fences, running, begun }: ActDeps,
  { body, query, raw }: JsonRequest,
): Promise<JsonAnswer | undefined> {
  const request = parse(requestSchema, body);
  const { intentId, fence, send, action, service: name, parameters } = request;
  const service = find(cluster, name, 422);
  const prepareNow = () => prepare(service, action, parameters, feed, { intentId, actor: 'api' });

  if (query.get('dryRun') === 'true') {
    const { target } = prepareNow();
    const before = await snapshot(service);
    return {
      status: 200,
      body: { intentId, action, service: name, dryRun: true, before, after: { ...before, ...target } },
    };
  }

  fences.check(name, { fence, send });
  // Refused before anything is held up: a bad request is answered at once, as it would be without answer faults.
  prepareNow();
  // From here on the effect may still happen, so whoever lost the answer must not take it for absent.
  running.add(intentId);
  if ((await answerFaults.pass('before-effect')) === 'drop') {
    running.delete(intentId);
    return cut(raw);
  }
  // What counts is the moment of the effect, not that of the call: it may have waited long.
  const admit = (): void => {
    fences.check(name, { fence, send });
    checkStillWanted(service, request);
  };
  const effect = service.exclusively(async () => {
    const { perform } = prepareNow();
    fences.raise(name, { fence, send });
    begun.add(intentId);
    await answerFaults.pass('during-effect');
    const before = await snapshot(service);
    const settled = await perform();
    const after = await snapshot(service);
    return { entry: ledger.append({ intentId, action, service: name, parameters, before, after }), settled };
  }, admit);
  const done = await effect.finally(() => {
    running.delete(intentId);
    begun.delete(intentId);
  });
  if ((await answerFaults.pass('after-effect')) === 'drop') return cut(raw);
  const { before, after, at: appliedAt } = done.entry;
  return {
    status: 200,
    body: { intentId, action, service: name, before, after, appliedAt, settled: done.settled },
  };
}

function checkStillWanted(
  service: ManagedService,
  { notAfterMs, ifRevision }: z.infer<typeof requestSchema>,
): void {
  const nowMs = Date.now();
  if (notAfterMs !== undefined && nowMs > notAfterMs) {
    throw new HttpError(
      409,
      `the request is ${nowMs - notAfterMs} ms too late by the clock of this machine`,
      'too-late',
    );
  }
  if (ifRevision !== undefined && ifRevision !== service.revision) {
    throw new HttpError(
      412,
      `${service.name} is at revision ${service.revision}, not ${ifRevision}: it changed meanwhile`,
      'changed-meanwhile',
    );
  }
}

function cut(raw: JsonRequest['raw']): undefined {
  raw.socket.destroy();
  return undefined;
}
