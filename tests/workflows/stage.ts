/**
 * Incident workflows on a Temporal server: one worker for a whole test file, whose activities act on the world of the
 * incident they are called for, so that tests run beside each other.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { type NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Activities } from '../../activities/types.ts';
import { dataConverterOf } from '../../adapters/temporal/payloads/data-converter.ts';
import { workflowBundle } from '../../app/worker/bundle.ts';
import { guardActivity } from '../../app/worker/payload-guard.ts';
import type { Anomaly } from '../../domain/detection/anomaly.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import type { IncidentState } from '../../domain/incident/state.ts';
import * as messages from '../../workflows/messages.ts';
import type { World } from '../support/fakes.ts';
import { anomaly, environment, service } from '../support/incident-examples.ts';
import { testPayloads } from '../support/payloads.ts';

/** Short enough for tests; a server's timers take about a second whatever they are set to. */
export const fastSettings: messages.IncidentSettings = {
  settleMs: 10,
  maxAttempts: 3,
  verifyIntervalMs: 10,
  verifyTimeoutMs: 200,
  selfRecoveryMs: 50,
  holdMs: 200,
  watchMs: 1_000,
  answersAreSigned: true,
};

export const bundleCache = join(import.meta.dirname, '../../node_modules/.cache/sentinel-workflows');

export type Stage = {
  readonly client: Client;
  readonly taskQueue: string;
  /** Starts an incident in this world with its first anomaly, as ingest does. */
  open(world: World, settings?: Partial<messages.IncidentSettings>): Promise<OpenIncident>;
  /** Gives the incident of this id its world, for those who start it themselves. */
  settle(incidentId: string, world: World): void;
  /** Ends the worker as a killed process would look to the server after its tasks ended, and starts another one. */
  replaceWorker(): Promise<void>;
  stop(): Promise<void>;
};

export type OpenIncident = {
  readonly id: string;
  readonly handle: WorkflowHandle & { readonly signaledRunId?: string };
  readonly world: World;
  observe(anomaly: Anomaly): Promise<void>;
  clear(anomalyId: string): Promise<void>;
  state(): Promise<IncidentState>;
  /** Polls the state until it holds; the test's own timeout is the limit. */
  until(holds: (state: IncidentState) => boolean): Promise<IncidentState>;
  /** Waits for the end; the timeline is what the store has. */
  ended(): Promise<{ result: unknown; timeline: readonly IncidentEvent[]; types: readonly string[] }>;
};

export type ServerConnections = {
  readonly client: Client;
  readonly connection: NativeConnection;
  readonly namespace: string;
  close(): Promise<void>;
};

let isQuiet = false;

/** The SDK's own lines say nothing a test asserts. Before the first connection of a file: once in the process that files share. */
export function quietRuntime(): void {
  if (isQuiet) return;
  isQuiet = true;
  const nothing = (): void => {};
  Runtime.install({
    logger: { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing },
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
    shutdownSignals: [],
  });
}

export async function startStage(server: ServerConnections): Promise<Stage> {
  const taskQueue = randomUUID();
  const worlds = new Map<string, World>();
  let running = await runWorker(server, taskQueue, dispatching(worlds));
  return {
    client: server.client,
    taskQueue,
    async open(world, settings = {}) {
      const input = incidentInput(settings);
      worlds.set(input.incidentId, world);
      const handle = await server.client.workflow.signalWithStart(messages.incidentWorkflowType, {
        workflowId: input.incidentId,
        taskQueue,
        args: [input],
        signal: messages.anomalyObserved,
        signalArgs: [anomaly('a1')],
      });
      return openIncident(handle, world);
    },
    settle(incidentId, world) {
      worlds.set(incidentId, world);
    },
    async replaceWorker() {
      await running.stop();
      running = await runWorker(server, taskQueue, dispatching(worlds));
    },
    async stop() {
      await running.stop();
      await server.close();
    },
  };
}

async function runWorker(server: ServerConnections, taskQueue: string, activities: Activities) {
  const worker = await Worker.create({
    connection: server.connection,
    namespace: server.namespace,
    taskQueue,
    activities,
    dataConverter: dataConverterOf(testPayloads(), 'worker'),
    interceptors: { activity: [guardActivity] },
    workflowBundle: await workflowBundle({ cacheDir: bundleCache }),
    stickyQueueScheduleToStartTimeout: 500,
    shutdownGraceTime: 2_000,
  });
  const run = worker.run();
  return {
    async stop() {
      worker.shutdown();
      await run;
    },
  };
}

/** Activities of every world behind one worker: calls name their incident, or an intent whose id begins with it. */
function dispatching(worlds: ReadonlyMap<string, World>): Activities {
  const call = (name: string) => async (input: { incidentId?: string; intentId?: string }) => {
    const id = input.incidentId ?? input.intentId?.split('|')[0] ?? '';
    const world = worlds.get(id);
    if (world === undefined) throw new Error(`no world for ${name} of ${id}`);
    const activity = world.activities[name as keyof Activities] as (input: object) => Promise<unknown>;
    return activity(input);
  };
  const names: readonly (keyof Activities)[] = [
    'recordEvents',
    'enrich',
    'modelTurn',
    'makePlan',
    'evaluatePolicy',
    'requestApproval',
    'readApproval',
    'readStop',
    'readSilences',
    'passGate',
    'execute',
    'verify',
    'draftPostmortem',
    'firingAlerts',
    'closeEpisode',
    'returnAnomalies',
    'endRollback',
    'noteRollbackVerified',
  ];
  return Object.fromEntries(names.map((name) => [name, call(name)])) as unknown as Activities;
}

function openIncident(handle: WorkflowHandle, world: World): OpenIncident {
  const id = handle.workflowId;
  const state = (): Promise<IncidentState> => handle.query(messages.stateQuery);
  return {
    id,
    handle,
    world,
    state,
    observe: (observed) => handle.signal(messages.anomalyObserved, observed),
    clear: (anomalyId) => handle.signal(messages.anomalyCleared, { anomalyId, clearedMs: 3_000 }),
    async until(holds) {
      for (;;) {
        const now = await state();
        if (holds(now)) return now;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async ended() {
      const result: unknown = await handle.result();
      const timeline = await world.stores.incidents.timeline(id);
      return { result, timeline, types: timeline.map((event) => event.type) };
    },
  };
}

export function incidentInput(settings: Partial<messages.IncidentSettings> = {}): messages.IncidentInput {
  return {
    incidentId: `incident/${randomUUID().replaceAll('-', '')}/1`,
    fingerprint: 'f00d',
    episode: 1,
    scope: { environment, service },
    severity: 'warning',
    title: 'errors of orders',
    settings: { ...fastSettings, ...settings },
  };
}

/** What a refused update is answered: the workflow's own words. */
export async function refusalOf(update: Promise<unknown>): Promise<string> {
  try {
    await update;
    return 'accepted';
  } catch (error) {
    const { cause } = error as { cause?: Error };
    return cause?.message ?? String(error);
  }
}
