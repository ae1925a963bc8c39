/** The incidents whose histories are kept: every way to end, and every way through the workflow that leaves other traces. */
import { setTimeout } from 'node:timers/promises';
import type { Diagnosis } from '../../domain/diagnosis/diagnosis.ts';
import * as messages from '../../workflows/messages.ts';
import { createWorld, type World } from '../support/fakes.ts';
import { anomaly, approval, auto, deny, rollback, scaleOut } from '../support/incident-examples.ts';
import type { OpenIncident, Stage } from '../workflows/stage.ts';

export type Scenario = {
  readonly name: string;
  /** Resolves when the incident has ended (however it did). */
  run(stage: Stage): Promise<OpenIncident>;
};

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
      await during(incident);
      await incident.handle.result().catch(() => {}); // a cancelled one rejects
      return incident;
    },
  };
}

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
];
