/** The incidents whose histories are kept: every way to end, and every way through the workflow that leaves other traces. */
import { setTimeout } from 'node:timers/promises';
import type { VerifyInput } from '../../activities/types.ts';
import { createIncidentWorkflows } from '../../adapters/temporal/incident-workflows.ts';
import { createRollbackWorkflows } from '../../adapters/temporal/rollback-workflows.ts';
import type { Diagnosis } from '../../domain/diagnosis/diagnosis.ts';
import * as messages from '../../workflows/messages.ts';
import { passingLooks } from '../../workflows/timings.ts';
import { createWorld, type World } from '../support/fakes.ts';
import { anomaly, approval, auto, deny, rollback, scaleOut } from '../support/incident-examples.ts';
import { running } from '../support/slow-vendor.ts';
import { fastSettings, type OpenIncident, type Stage } from '../workflows/stage.ts';

export type Scenario = {
  readonly name: string;
  /** Resolves when the incident has ended (however it did). */
  run(stage: Stage): Promise<OpenIncident>;
};

/** For activities that say something to the incident they are called for. */
const openIn = new Map<World, OpenIncident>();

function scenario(
  name: string,
  prepare: (world: World) => Partial<messages.IncidentSettings>,
  during: (incident: OpenIncident) => Promise<void> = async () => {},
): Scenario {
  return {
    name,
    async run(stage) {
      const world = createWorld();
      const incident = await stage.open(world, prepare(world));
      openIn.set(world, incident);
      await during(incident);
      await incident.handle.result().catch(() => {}); // a cancelled one rejects
      return incident;
    },
  };
}

const silence = {
  ...{ silenceId: 'silence-1', actor: 'person:ada', reason: 'load test' },
  untilMs: 4_102_444_800_000,
} as const;

const asking = (world: World): void => {
  world.script = [{ steps: [rollback], verdict: approval() }];
};

/** Fails to help as long as it is watched, so that something can be said meanwhile. */
const unverified = (world: World): Partial<messages.IncidentSettings> => {
  world.script = [{ steps: [scaleOut], verdict: auto }];
  world.unhealthyAnswer = 'unverified';
  return { verifyTimeoutMs: 60_000 };
};

async function decide(incident: OpenIncident, decision: 'approve' | 'reject'): Promise<void> {
  const state = await incident.until(({ status }) => status === 'awaiting-approval');
  await incident.world.called('readApproval');
  const planHash = state.approval?.planHash ?? '';
  incident.world.stores.approvals.decide(planHash, decision);
  await incident.handle.executeUpdate(messages.decideApproval, {
    args: [{ approvalId: 'ap-1', planHash, actor: 'ada', decision, reason: 'so be it' }],
  });
}

/** A model that answers with this much of a diagnosis. */
const answering =
  (view: Partial<Diagnosis>): World['modelTurn'] =>
  async ({ diagnosis }) => ({ kind: 'answered', diagnosis: { ...diagnosis, ...view } });

/** Says nothing for longer than anybody waits; then it ends, as a worker waits for its activities. */
const silent: World['modelTurn'] = async () => {
  await setTimeout(8_000);
  return { kind: 'over', reason: 'too late' };
};

/** A rollback of what has resolved an incident; the history is that of the rollback's own workflow. */
function rollbackScenario(name: string, prepare: (world: World) => void): Scenario {
  return {
    name,
    async run(stage) {
      const world = createWorld();
      world.script = [{ steps: [scaleOut], verdict: auto }];
      world.fixedBy = ['scale@test/orders'];
      const incident = await stage.open(world);
      await incident.handle.result();
      prepare(world);
      const { client, taskQueue } = stage;
      const [planHash = ''] = [...world.stores.plans.keys()];
      const requestId = `rollback-${name}-${Date.now()}`;
      await createRollbackWorkflows({ client, taskQueue, settings: fastSettings }).start({
        ...{ requestId, incidentId: incident.id, planHash, step: 0, stepKey: 'scale@test/orders' },
        ...{ action: 'scale', targetService: 'orders', scope: scaleOut.target },
        ...{ onsetMs: 1_000, recordedSeq: 1, expiresAtMs: Date.now() + 600_000 },
      });
      const handle = client.workflow.getHandle(requestId);
      await handle.result();
      return { ...incident, id: requestId, handle };
    },
  };
}

export const scenarios: readonly Scenario[] = [
  scenario('resolved', () => ({})),
  scenario(
    'resolved-after-approval',
    (world) => {
      asking(world);
      return {};
    },
    (incident) => decide(incident, 'approve'),
  ),
  scenario('resolved-after-lost-answer', (world) => {
    world.executor.fates.push('lost-done');
    return {};
  }),
  scenario('resolved-after-compensation', (world) => {
    world.script = [
      { steps: [scaleOut], verdict: auto, cause: 'traffic-surge' },
      { steps: [rollback], verdict: auto },
    ];
    return {};
  }),
  scenario('resolved-continued-as-new', (world) => {
    world.script = [
      { steps: [scaleOut], verdict: auto, cause: 'traffic-surge' },
      { steps: [rollback], verdict: auto },
    ];
    return { continueAsNewAfterEvents: 60 };
  }),
  scenario(
    'self-recovered',
    (world) => {
      world.healthy = true;
      return { settleMs: 500 };
    },
    (incident) => incident.clear('a1'),
  ),
  scenario(
    'self-recovered-while-asking',
    (world) => {
      asking(world);
      return {};
    },
    async (incident) => {
      await incident.world.called('readApproval');
      incident.world.healthy = true;
      await incident.observe(anomaly('a2', { severity: 'info', signal: 'cpu' }));
      await incident.clear('a1');
    },
  ),
  scenario(
    'self-recovered-while-watching',
    (world) => {
      world.script = [{ nothing: 'leave it alone', harmless: true }];
      return { watchMs: 60_000 };
    },
    async (incident) => {
      await incident.until(({ status }) => status === 'deciding');
      incident.world.healthy = true;
      await incident.clear('a1');
    },
  ),
  scenario('escalated-denied', (world) => {
    world.script = [{ steps: [rollback], verdict: deny }];
    return {};
  }),
  scenario(
    'escalated-rejected',
    (world) => {
      asking(world);
      return {};
    },
    (incident) => decide(incident, 'reject'),
  ),
  scenario(
    'resolved-after-catching-up',
    (world) => {
      world.overloads = ['Sentinel itself is overloaded (event loop 1.2 s behind)'];
      return {};
    },
    async ({ world }) => {
      await world.called('enrich');
      world.overloads = [];
    },
  ),
  scenario(
    'self-recovered-after-clearing',
    (world) => {
      unverified(world);
      return { actAfterMs: 1 };
    },
    async ({ world, observe, clear }) => {
      await observe(anomaly('a2', { signal: 'logs' }));
      await clear('a1');
      await world.called('verify', passingLooks + 2);
      world.healthy = true;
    },
  ),
  scenario('escalated-approval-timed-out', (world) => {
    world.script = [{ steps: [rollback], verdict: approval(1) }];
    return {};
  }),
  scenario('escalated-verification-timed-out', (world) => {
    unverified(world);
    return { verifyTimeoutMs: 1_000, maxAttempts: 1 };
  }),
  scenario('escalated-inconclusive', (world) => {
    world.script = [{ nothing: 'inconclusive', harmless: false }];
    return {};
  }),
  scenario('escalated-gate-refused', (world) => {
    world.stores.gate.refusals.push('once-rule');
    return {};
  }),
  scenario('escalated-compensation-failed', (world) => {
    world.script = [{ steps: [scaleOut], verdict: auto }];
    world.executor.fates.push('ok', 'refuse');
    return {};
  }),
  scenario('escalated-analysis-broken', (world) => {
    world.broken.add('enrich');
    return {};
  }),
  scenario(
    'taken-over',
    (world) => {
      asking(world);
      return {};
    },
    async (incident) => {
      await incident.world.called('readApproval');
      const note = { noteId: 'n1', actor: 'ada', text: 'I take this one' };
      await incident.handle.executeUpdate(messages.addNote, { args: [note] });
      await incident.handle.executeUpdate(messages.takeOver, { args: [{ actor: 'ada', reason: 'mine' }] });
    },
  ),
  scenario('resolved-model-agrees', (world) => {
    world.modelTurn = answering({});
    return { modelBudgetMs: 10_000 };
  }),
  scenario(
    'resolved-after-contested-approval',
    (world) => {
      world.modelTurn = answering({ contested: true });
      return { modelBudgetMs: 10_000 };
    },
    (incident) => decide(incident, 'approve'),
  ),
  scenario('resolved-model-turns', (world) => {
    world.modelTurn = async ({ turn, ask, diagnosis }) =>
      turn < 3
        ? { kind: 'again', ask: { ...ask, provider: turn }, waitMs: turn === 2 ? 100 : 0, reason: 'nonsense' }
        : { kind: 'answered', diagnosis };
    return { modelBudgetMs: 10_000 };
  }),
  scenario('resolved-model-late', (world) => {
    world.modelTurn = silent;
    return { modelBudgetMs: 1_000 };
  }),
  scenario('resolved-model-broken', (world) => {
    world.broken.add('modelTurn');
    return { modelBudgetMs: 10_000 };
  }),
  scenario('resolved-model-none-left', (world) => {
    world.modelTurn = async () => ({ kind: 'over', reason: 'the budget for models (money) is used up' });
    return { modelBudgetMs: 10_000 };
  }),
  scenario(
    'taken-over-while-asking-a-model',
    (world) => {
      world.modelTurn = silent;
      return { modelBudgetMs: 60_000 };
    },
    async (incident) => {
      await incident.world.called('modelTurn');
      await incident.handle.executeUpdate(messages.takeOver, { args: [{ actor: 'ada', reason: 'mine' }] });
    },
  ),
  scenario('aborted', unverified, async (incident) => {
    await incident.world.called('verify');
    await incident.handle.executeUpdate(messages.abort, { args: [{ actor: 'ada', reason: 'wrong tree' }] });
  }),
  scenario('cancelled', unverified, async (incident) => {
    await incident.world.called('verify');
    await incident.handle.cancel();
  }),
  // Since `workflows/changes.ts`: each of the ways that run differently from then on, and those that are new.
  scenario('at-once-resolved', () => ({})),
  scenario('at-once-resolved-after-compensation', (world) => {
    world.script = [
      { steps: [scaleOut], verdict: auto, cause: 'traffic-surge' },
      { steps: [rollback], verdict: auto },
    ];
    return {};
  }),
  scenario(
    'at-once-resolved-after-approval',
    (world) => {
      asking(world);
      return { modelBudgetMs: 10_000 };
    },
    (incident) => decide(incident, 'approve'),
  ),
  scenario('at-once-looked-again', (world) => {
    const { verify } = world.activities;
    let looks = 0;
    Object.assign(world.activities, {
      async verify(input: VerifyInput) {
        looks += 1;
        if (looks === 1) await observing(world);
        return verify(input);
      },
    });
    return {};
  }),
  scenario('at-once-handed-back', (world) => {
    const { evaluatePolicy } = world.activities;
    world.script = [{ steps: [rollback], verdict: deny }];
    Object.assign(world.activities, {
      async evaluatePolicy(input: Parameters<typeof evaluatePolicy>[0]) {
        await observing(world);
        return evaluatePolicy(input);
      },
    });
    return {};
  }),
  scenario(
    'at-once-held-resolved',
    (world) => ({ ...unverified(world), verifyTimeoutMs: 50, holdMs: 60_000 }),
    async (incident) => {
      await incident.until(({ held }) => held !== undefined);
      incident.world.healthy = true;
    },
  ),
  scenario('at-once-held-escalated', (world) => ({
    ...unverified(world),
    verifyTimeoutMs: 50,
    holdMs: 50,
    maxAttempts: 1,
  })),
  scenario(
    'at-once-verification-continued-as-new',
    (world) => ({ ...unverified(world), verifyTimeoutMs: 600_000, continueAsNewAfterEvents: 150 }),
    async (incident) => {
      await incident.world.called('verify', 15);
      incident.world.healthy = true;
    },
  ),
  scenario('effect-with-progress', (world) => {
    world.executor.fates.push('accepted');
    world.executor.polls.push(running(1), running(1), running(3), { kind: 'unknown', reason: 'status 503' });
    return {};
  }),
  scenario('effect-and-undo-with-progress', (world) => {
    world.script = [{ steps: [scaleOut], verdict: auto }];
    world.fixedBy = [];
    world.executor.fates.push('accepted', 'accepted');
    world.executor.polls.push(running(1), { kind: 'done', after: null, summary: 'five' }, running(4));
    return { maxAttempts: 1 };
  }),
  scenario('effect-half-done-and-undone', (world) => {
    world.script = [{ steps: [scaleOut], verdict: auto }];
    world.executor.fates.push('accepted');
    world.executor.polls.push(running(2), {
      kind: 'failed',
      reason: 'crash loop',
      left: '2 of 5 pods are new',
    });
    return { maxAttempts: 1 };
  }),
  scenario('effect-replaced-by-somebody-else', (world) => {
    world.script = [
      { steps: [scaleOut], verdict: auto },
      { steps: [rollback], verdict: auto },
    ];
    world.executor.fates.push('accepted');
    world.executor.polls.push(running(2), { kind: 'superseded', reason: 'revision 8 by ann' });
    return {};
  }),
  scenario(
    'effect-cancelled-by-an-abort',
    (world) => {
      world.script = [{ steps: [scaleOut], verdict: auto }];
      world.executor.fates.push('accepted');
      world.executor.poll = async () => running(2);
      world.executor.cancel = async () => ({ kind: 'failed', reason: 'stopped', left: '2 of 5 are new' });
      return { maxAttempts: 1 };
    },
    async (incident) => {
      await incident.until(({ effects }) => effects[0]?.progress !== undefined);
      const said = { actor: 'ada', reason: 'wrong tree' };
      incident.world.stores.stops.stored = { kind: 'abort', ...said };
      await incident.handle.executeUpdate(messages.abort, { args: [said] });
    },
  ),
  scenario(
    'silenced-until-it-was-over',
    (world) => {
      world.stores.silences.stored = { incidents: silence, actions: silence };
      return {};
    },
    async (incident) => {
      await incident.until(({ silenced }) => silenced !== undefined);
      await incident.clear('a1');
    },
  ),
  scenario(
    'silenced-for-a-while',
    (world) => {
      world.stores.silences.stored = { incidents: silence, actions: silence };
      return {};
    },
    async (incident) => {
      await incident.until(({ silenced }) => silenced !== undefined);
      incident.world.stores.silences.stored = { incidents: null, actions: null };
    },
  ),
  rollbackScenario('rollback-undone', () => {}),
  rollbackScenario('rollback-with-progress', (world) => {
    world.executor.fates.push('accepted');
    world.executor.polls.push(running(1), running(3));
  }),
  rollbackScenario('rollback-refused', (world) => {
    world.stores.gate.refusals.push('still-at-work', 'target-changed');
  }),
  rollbackScenario('rollback-uncertain', (world) => {
    world.executor.fates.push('unknowable');
  }),
  scenario(
    'handed-over-rolled-back',
    (world) => {
      unverified(world);
      return { verifyTimeoutMs: 50, maxAttempts: 1, holdMs: 10, staysAwayMs: 60_000 };
    },
    async (incident) => {
      const { effects } = await incident.until(({ status }) => status === 'handed-over');
      const about = {
        requestId: 'rollback-1',
        intentId: effects[0]?.intentId ?? '',
        stepKey: 'scale@test/orders',
      };
      const said = { outcome: 'undone', reason: 'two again' } as const;
      await incident.handle.executeUpdate(messages.rollbackNews, {
        args: [{ type: 'rollback-ended', newsId: 'rollback-1/ended', ...about, ...said }],
      });
      await incident.handle.executeUpdate(messages.closeIncident, {
        args: [{ actor: 'ada', reason: 'done' }],
      });
    },
  ),
  scenario('effect-dry-run', (world) => {
    Object.assign(world.executor, { dryRun: true });
    return {};
  }),
  scenario(
    'at-once-taken-over-while-undoing',
    (world) => {
      world.script = [{ steps: [scaleOut, rollback], verdict: auto }];
      world.fixedBy = [];
      const { begin } = world.executor;
      world.executor.begin = async (...call) => {
        if (call[0].direction === 'compensation') await world.executor.hold;
        return begin(...call);
      };
      return { maxAttempts: 1 };
    },
    async (incident) => {
      const { world } = incident;
      await world.called('verify');
      let release = (): void => {};
      world.executor.hold = new Promise((resolve) => {
        release = resolve;
      });
      await world.called('execute', 3);
      await incident.handle.executeUpdate(messages.takeOver, { args: [{ actor: 'ada', reason: 'mine' }] });
      release();
    },
  ),
  scenario(
    'at-once-taken-over-before-the-gate',
    (world) => {
      world.stores.gate.pass = () => Promise.reject(new Error('the store is away'));
      return {};
    },
    async (incident) => {
      await incident.world.called('passGate');
      await incident.handle.executeUpdate(messages.takeOver, { args: [{ actor: 'ada', reason: 'mine' }] });
    },
  ),
  scenario('at-once-stop-heard-from-the-gate', (world) => {
    world.stores.stops.stored = { kind: 'abort', actor: 'ada', reason: 'wrong tree' };
    return {};
  }),
  scenario(
    'at-once-tail-lost',
    (world) => {
      asking(world);
      return {};
    },
    async (incident) => {
      await incident.world.called('readApproval');
      incident.world.stores.incidents.loseTail(incident.id, 4);
      await decide(incident, 'approve');
    },
  ),
  scenario(
    'at-once-handed-over-and-cleared',
    (world) => {
      world.script = [{ nothing: 'nothing explains it', harmless: false }];
      return { staysAwayMs: 50 };
    },
    async (incident) => {
      await incident.until(({ status }) => status === 'handed-over');
      await incident.clear('a1');
    },
  ),
  scenario(
    'asked-again-resolved',
    (world) => {
      world.stores.gate.refusals.push('approval-needed', 'approval-needed');
      return {};
    },
    async (incident) => {
      await decide(incident, 'approve');
      await incident.world.called('requestApproval', 2);
      const [planHash = ''] = [...incident.world.stores.plans.keys()];
      const said = { planHash, actor: 'bo', decision: 'approve', reason: 'so be it' } as const;
      incident.world.stores.approvals.decide(planHash, 'approve');
      await incident.handle.signal(messages.approvalDecided, { approvalId: 'ap-2', ...said });
    },
  ),
  scenario(
    'asked-again-too-old',
    (world) => {
      asking(world);
      world.stores.gate.needs = { ...world.stores.gate.needs, afresh: true };
      world.stores.gate.refusals.push('grant-expired');
      return {};
    },
    async (incident) => {
      await decide(incident, 'approve');
      await incident.until(({ approval: now }) => now?.round === 2);
      await incident.world.called('requestApproval', 2);
      const [planHash = ''] = [...incident.world.stores.plans.keys()];
      const said = { planHash, actor: 'ada', decision: 'approve', reason: 'still right' } as const;
      incident.world.stores.approvals.decide(planHash, 'approve');
      await incident.handle.signal(messages.approvalDecided, { approvalId: 'ap-2', ...said });
    },
  ),
  scenario('asked-again-in-vain', (world) => {
    world.stores.gate.needs = { ...world.stores.gate.needs, deadlineSeconds: 1 };
    world.stores.gate.refusals.push('approval-needed');
    return {};
  }),
  scenario(
    'asked-while-overloaded',
    (world) => {
      // One try every ten seconds, for the three minutes in which it may catch up.
      world.stores.gate.refusals.push(...Array<'overloaded'>(19).fill('overloaded'));
      return {};
    },
    async ({ world, handle }) => {
      await world.called('requestApproval');
      const [planHash = ''] = [...world.stores.plans.keys()];
      const said = { planHash, actor: 'ada', decision: 'approve', reason: 'so be it' } as const;
      world.stores.approvals.decide(planHash, 'approve');
      await handle.signal(messages.approvalDecided, { approvalId: 'ap-1', ...said });
    },
  ),
  {
    name: 'at-once-restarted',
    async run(stage) {
      const world = createWorld();
      asking(world);
      const incident = await stage.open(world);
      await world.called('readApproval');
      await incident.handle.terminate('by mistake');
      await restart(stage, incident);
      world.stores.approvals.decide([...world.stores.plans.keys()][0] ?? '', 'approve');
      const handle = stage.client.workflow.getHandle(incident.id);
      await handle.signal(messages.approvalDecided, {
        ...{ approvalId: 'ap-1', planHash: '', actor: 'ada', decision: 'approve', reason: '' },
      });
      await handle.result();
      return incident;
    },
  },
];

/** Something else is found, and the incident has it, before the activity that runs now ends. */
async function observing(world: World): Promise<void> {
  const incident = openIn.get(world);
  await incident?.observe(anomaly('meanwhile', { seriesKey: 'series/other', signal: 'latency' }));
  await incident?.until(({ anomalies }) => anomalies.meanwhile !== undefined);
}

/** As the reconciler does it. */
async function restart({ client, taskQueue }: Stage, { id, world }: OpenIncident): Promise<void> {
  const state = await world.stores.incidents.state(id);
  if (state === null) throw new Error('not recorded');
  const timeline = await world.stores.incidents.timeline(id);
  const workflows = createIncidentWorkflows({ client, taskQueue, settings: fastSettings });
  await workflows.restart(
    { state, timeline, evidenceRefs: [] },
    { reason: 'it was terminated', handOver: null },
  );
}
