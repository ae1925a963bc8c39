/** A real lab with a real Sentinel beside it, made to be killed: how each test of kill.test.ts begins and ends. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import type { IncidentSummary, TimelineEvent } from '../../../lab/run/client.ts';
import { type Stage, startStage } from '../../../lab/run/stage.ts';
import type { FaultRequest } from '../../../lab/supervisor/fault-kinds.ts';
import { callJson } from '../../../lab/support/http.ts';
import { type HoldingProxy, startProxy } from './proxy.ts';
import { story } from './story.ts';
import { eventually } from './wait.ts';

const ordinary = join(import.meta.dirname, 'kill.yaml');
const requestsPerSecond = 15;
/** How much ordinary traffic Sentinel has seen before anything goes wrong: about 18 seconds of it. */
const ordinaryRequests = 18 * requestsPerSecond;

export interface KillStage {
  readonly stage: Stage;
  /** Between Sentinel and the supervisor. */
  readonly supervisor: HoldingProxy;
  /** Lets the supervisor keep the next action's effect, or the answer to it, until `letGo`. */
  holdBack(when: 'before-effect' | 'after-effect'): Promise<void>;
  /** Resolves when such an action is there. */
  heldBack(): Promise<void>;
  letGo(): Promise<void>;
  /** The incident of the fault, as soon as it is there. */
  incident(): Promise<IncidentSummary>;
  /** The incident when its timeline has an event that fits. */
  when(what: string, fits: (event: TimelineEvent) => boolean): Promise<IncidentSummary>;
  status(): Promise<string>;
  /** SIGKILL, in the same moment in which the answer to an alert has come that is about something else. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Not one of the shop's services: nothing about it can be part of the incident of the fault. */
const alertedService = 'bookkeeping';

export async function startKillStage(
  { onTestFinished, task }: TestContext,
  fault: FaultRequest,
  /** More of the configuration, in YAML. */
  addition = '',
): Promise<KillStage> {
  const dir = await mkdtemp(join(tmpdir(), 'sentinel-kill-'));
  const template = join(dir, 'template.yaml');
  await writeFile(template, `${await readFile(ordinary, 'utf8')}${addition}`);
  let supervisor: HoldingProxy | null = null;
  let stage: Stage | null = null;
  onTestFinished(async () => {
    if (task.result?.state === 'fail') {
      console.error(stage === null ? 'no stage' : await story(stage.operator));
      console.error(await troubles(join(dir, 'sentinel', 'sentinel.log')));
    }
    await stage?.stop();
    await supervisor?.close();
    await rm(dir, { recursive: true, force: true });
  });
  const via = async (url: string): Promise<string> => {
    supervisor = await startProxy(url);
    return supervisor.url;
  };
  stage = await startStage({ seed: 1, requestsPerSecond, template, dir, via });
  const { lab, sentinel, operator } = stage;
  const readyAtMs = Date.now();
  await eventually(
    'ordinary traffic',
    async () => (await lab.stats(readyAtMs)).ok >= ordinaryRequests * 0.95,
    90_000,
  );
  await lab.inject(fault);

  const admin = <T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> =>
    callJson<T>(method, `${lab.adminUrl}${path}`, body);
  const find = async (): Promise<IncidentSummary | null> =>
    (await operator.incidents()).find(({ service }) => service !== alertedService) ?? null;
  return {
    stage,
    supervisor: supervisor as unknown as HoldingProxy,
    async holdBack(when) {
      await admin('POST', '/admin/answer-faults', { when, mode: 'hold', count: 1 });
    },
    async heldBack() {
      type State = { answerFaults: { held: number } };
      await eventually(
        'an action to be held',
        async () => (await admin<State>('GET', '/admin/state')).answerFaults.held > 0,
        90_000,
      );
    },
    async letGo() {
      await admin('POST', '/admin/answer-faults/release', {});
    },
    incident: () => eventually('an incident', find),
    when: (what, fits) =>
      eventually(
        what,
        async () => {
          const incident = await find();
          return incident !== null && (await operator.timeline(incident.id)).some(fits) ? incident : null;
        },
        90_000,
      ),
    async status() {
      return (await find())?.status ?? 'none';
    },
    async kill() {
      const { status } = await operator.request('POST', '/api/v1/trigger-alert', {
        id: 'last-words',
        service: alertedService,
        title: 'the books do not balance',
      });
      if (status !== 202) throw new Error(`the alert was answered with status ${status}`);
      await sentinel.kill();
    },
    start: () => sentinel.start(),
  };
}

/** What the log says of level warn and above. */
async function troubles(logFile: string): Promise<string> {
  const lines = (await readFile(logFile, 'utf8').catch(() => '')).split('\n');
  return lines
    .filter((line) => !/"level":"(info|debug)"/.test(line))
    .slice(-40)
    .join('\n');
}

/** How it ended, in the words of the public API and of the supervisor's ledger. */
export interface Aftermath {
  readonly incident: IncidentSummary;
  readonly timeline: readonly TimelineEvent[];
  /** `action service` of every entry of the ledger, compensations too. */
  readonly done: readonly string[];
  /** Intent ids of those entries, and those that the incident's timeline says were applied. */
  readonly ledgerIntents: readonly string[];
  readonly appliedIntents: readonly string[];
  /** All incidents there are, but for the one of the alert. */
  readonly incidents: readonly IncidentSummary[];
  /** How often the alert that was acknowledged right before the kill is in an incident's timeline. */
  readonly alertHeard: number;
}

/** Waits until the incident is closed and the alert has its own, and reads everything. */
export async function aftermath({ stage: { lab, operator } }: KillStage): Promise<Aftermath> {
  const isAlert = ({ service }: IncidentSummary): boolean => service === alertedService;
  const alert = await eventually(
    'an incident of the acknowledged alert',
    async () => (await operator.incidents()).find(isAlert) ?? null,
  );
  const incidents = await eventually(
    'the end of the incident',
    async () => {
      const found = (await operator.incidents()).filter((one) => !isAlert(one));
      return found.every(({ closedAtMs }) => closedAtMs !== null) ? found : null;
    },
    150_000,
  );
  const incident = incidents.at(-1) as IncidentSummary;
  const timeline = await eventually('the whole timeline', async () => {
    const events = await operator.timeline(incident.id);
    return events.some(({ type }) => type === 'incident-closed') ? events : null;
  });
  const ledger = await lab.ledger();
  const alertTimeline = await operator.timeline(alert.id);
  return {
    incident,
    timeline,
    done: ledger.map(({ action, service }) => `${action} ${service}`),
    ledgerIntents: ledger.map(({ intentId }) => intentId),
    appliedIntents: timeline
      .filter(({ type }) => type === 'effect-applied')
      .map((event) => String(event.intentId)),
    incidents,
    alertHeard: alertTimeline.filter(({ type }) => type === 'anomaly-observed').length,
  };
}
