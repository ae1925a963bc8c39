/** A practice shop with a real Sentinel beside it, made to be killed: how each test of kill.test.ts begins and ends. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { guard } from '../../../lab/guardian/guard.ts';
import { type IncidentSummary, SentinelClient, type TimelineEvent } from '../../../lab/run/client.ts';
import { freePort, type SentinelProcess, startSentinelProcess } from '../../../lab/run/sentinel-process.ts';
import type { FaultRequest } from '../../../lab/supervisor/fault-kinds.ts';
import { type HoldingProxy, startProxy } from './proxy.ts';
import { type Shop, startShop } from './shop.ts';
import { story } from './story.ts';
import { eventually } from './wait.ts';

const template = join(import.meta.dirname, 'kill.yaml');
const environment = 'lab';

export interface KillStage {
  readonly shop: Shop;
  /** Approves as a person on call would, with no more rights than one. */
  readonly operator: SentinelClient;
  /** Between Sentinel and the supervisor. */
  readonly supervisor: HoldingProxy;
  /** Lets the supervisor keep the next action's effect, or the answer to it, until `letGo`. */
  holdBack(when: 'before-effect' | 'after-effect'): void;
  /** Resolves when so many of such actions are there. */
  heldBack(count?: number): Promise<void>;
  letGo(): void;
  /** The incident of the fault, as soon as it is there. */
  incident(): Promise<IncidentSummary>;
  /** The incident when its timeline has an event that fits. */
  when(what: string, fits: (event: TimelineEvent) => boolean): Promise<IncidentSummary>;
  status(): Promise<string>;
  /** SIGKILL, in the same moment in which the answer to an alert has come that is about something else: another one each time. */
  kill(): Promise<void>;
  readonly kills: number;
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
  const release = guard(dir, 'remove');
  let shop: Shop | null = null;
  let supervisor: HoldingProxy | null = null;
  let sentinel: SentinelProcess | null = null;
  let operator: SentinelClient | null = null;
  onTestFinished(async () => {
    if (task.result?.state === 'fail') {
      console.error(operator === null ? 'no stage' : await story(operator));
      console.error(await troubles(join(dir, 'sentinel', 'sentinel.log')));
    }
    await sentinel?.stop();
    await supervisor?.close();
    await shop?.close();
    await rm(dir, { recursive: true, force: true });
    release();
  });
  const configFile = join(dir, 'template.yaml');
  await writeFile(configFile, `${await readFile(template, 'utf8')}${addition}`);
  const port = await freePort();
  shop = await startShop(join(dir, 'shop'), `http://127.0.0.1:${port}`, environment);
  supervisor = await startProxy(shop.supervisorUrl);
  sentinel = await startSentinelProcess({
    template: configFile,
    dir: join(dir, 'sentinel'),
    supervisorUrl: supervisor.url,
    port,
  });
  const admin = new SentinelClient(sentinel.url, sentinel.adminKey);
  operator = new SentinelClient(sentinel.url, await admin.createKey('operator on call', 'operator'));
  await shop.open();
  await shop.inject(fault);
  return actsOf({ shop, supervisor, sentinel, operator });
}

type Parts = Pick<KillStage, 'shop' | 'supervisor' | 'operator'> & { readonly sentinel: SentinelProcess };

function actsOf({ shop, supervisor, sentinel, operator }: Parts): KillStage {
  const { answerFaults } = shop;
  let kills = 0;
  const find = async (): Promise<IncidentSummary | null> =>
    (await operator.incidents()).find(({ service }) => service !== alertedService) ?? null;
  return {
    shop,
    supervisor,
    operator,
    holdBack: (when) => answerFaults.arm({ when, mode: 'hold', count: 1, delayMs: 0 }),
    async heldBack(count = 1) {
      const isHeld = async (): Promise<boolean> => {
        await approveAll(operator);
        return answerFaults.state.held >= count;
      };
      await eventually('an action to be held', isHeld, 90_000);
    },
    letGo: () => void answerFaults.release(),
    incident: () => eventually('an incident', find),
    when: (what, fits) =>
      eventually(
        what,
        async () => {
          await approveAll(operator);
          const incident = await find();
          return incident !== null && (await operator.timeline(incident.id)).some(fits) ? incident : null;
        },
        90_000,
      ),
    async status() {
      return (await find())?.status ?? 'none';
    },
    get kills() {
      return kills;
    },
    async kill() {
      kills += 1;
      const { status } = await operator.request('POST', '/api/v1/trigger-alert', {
        id: `last-words-${kills}`,
        service: alertedService,
        title: 'the books do not balance',
      });
      if (status !== 202) throw new Error(`the alert was answered with status ${status}`);
      await sentinel.kill();
    },
    start: () => sentinel.start(),
  };
}

/**
 * Sentinel asks a person when its telemetry is not fresh, as after a restart on a busy machine. Who is asked is not what
 * these tests are about: whoever is on call agrees.
 */
async function approveAll(operator: SentinelClient): Promise<void> {
  for (const pending of await operator.pendingApprovals())
    await operator.decide(pending, 'approve', 'it is what I would do');
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
  /** All incidents there are, but for the one of the alerts. */
  readonly incidents: readonly IncidentSummary[];
}

const isAlert = ({ service }: IncidentSummary): boolean => service === alertedService;

/** Waits until every alert that was acknowledged right before a kill is in the timeline of an incident, and no other is. */
export async function alertsHeard({ kills, operator }: KillStage): Promise<void> {
  await eventually('the acknowledged alerts', async () => {
    const alerted = (await operator.incidents()).filter(isAlert);
    const timelines = await Promise.all(alerted.map(({ id }) => operator.timeline(id)));
    const heard = timelines.flat().filter(({ type }) => type === 'anomaly-observed').length;
    if (heard !== kills) throw new Error(`${heard} were heard of ${kills}`);
    return true;
  });
}

/** Waits until the incident is closed, and reads everything. */
export async function aftermath({ shop, operator }: KillStage): Promise<Aftermath> {
  const incidents = await eventually(
    'the end of the incident',
    async () => {
      await approveAll(operator);
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
  const { ledger } = shop;
  return {
    incident,
    timeline,
    done: ledger.map(({ action, service }) => `${action} ${service}`),
    ledgerIntents: ledger.map(({ intentId }) => intentId),
    appliedIntents: timeline
      .filter(({ type }) => type === 'effect-applied')
      .map((event) => String(event.intentId)),
    incidents,
  };
}
