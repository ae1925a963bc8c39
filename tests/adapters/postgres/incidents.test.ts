// The record of an incident: timeline, read model, evidence, plans, and how people read them.

import { expect, test } from 'vitest';
import { createRecordEvents } from '../../../activities/record-events.ts';
import type { Database } from '../../../adapters/postgres/index.ts';
import { InvalidCursor } from '../../../api/ports/page.ts';
import type { DiagnosisInput } from '../../../domain/diagnosis/input.ts';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import { fold } from '../../../domain/incident/evolve.ts';
import { describeStores } from '../../support/stores.ts';
import {
  anomalyOf,
  auto,
  oneOperator,
  passGate,
  planOf,
  propose,
  readyToAct,
  stepOf,
  tell,
  unique,
} from './fixtures.ts';

const emptyInput: DiagnosisInput = {
  environment: 'e',
  nowMs: 2,
  onsetMs: 1,
  anomalies: [],
  calls: [],
  metrics: [],
  logs: [],
  edges: [],
  changes: [],
  targets: [],
  missing: ['logs'],
};

await describeStores('the record of an incident', (use) => {
  test('events are kept in order, the read model follows the state', async () => {
    const { stores } = use();
    const told = tell(stores, unique('env'));
    const anomaly = anomalyOf({ environment: told.environment });
    await told.record(told.opened, { type: 'anomaly-observed', anomaly });
    await told.record({ type: 'enrichment-started', attempt: 1 });
    expect(await stores.incidents.timeline(told.incidentId)).toEqual(told.events);
    expect(await stores.incidents.state(told.incidentId)).toEqual(told.state());
    expect(await stores.incidents.state('incident/none/1')).toBeNull();
    expect(await stores.incidentReader.get(told.incidentId)).toMatchObject({
      summary: { status: 'enriching', attempt: 1, environment: told.environment, title: 'api: errors up' },
      state: told.state(),
    });
    expect(await stores.incidentReader.get('incident/none/1')).toBeNull();
    expect(await stores.incidentReader.states(['incident/none/1', told.incidentId])).toEqual(
      new Map([[told.incidentId, told.state()]]),
    );
    expect(await stores.incidentReader.states([])).toEqual(new Map());
    expect(await stores.incidentReader.timeline(told.incidentId, 1, 1)).toEqual([told.events[1]]);
  });

  test('a batch that comes again, or too late, changes nothing', async () => {
    const { stores } = use();
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    const early = told.state();
    await told.record({ type: 'enrichment-started', attempt: 1 });
    await stores.incidents.recordEvents(told.incidentId, told.events.slice(0, 1), early);
    expect(await stores.incidents.state(told.incidentId)).toEqual(told.state());
    await stores.incidents.recordEvents(told.incidentId, told.events, told.state());
    expect(await stores.incidents.timeline(told.incidentId)).toEqual(told.events);
    expect(await stores.incidents.state(told.incidentId)).toEqual(told.state());
  });

  test('history is not rewritten, and has no gaps', async () => {
    const { stores } = use();
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    const [first] = told.events;
    if (first === undefined) throw new Error('opened');
    await expect(
      stores.incidents.recordEvents(told.incidentId, [{ ...first, atMs: first.atMs + 1 }], told.state()),
    ).rejects.toMatchObject({ name: 'IncidentEventConflict' });
    const third = { seq: 3, atMs: 3, type: 'enrichment-started' as const, attempt: 1 };
    await expect(
      stores.incidents.recordEvents(told.incidentId, [third], { ...told.state(), lastSeq: 3 }),
    ).rejects.toMatchObject({ name: 'IncidentEventGap' });
    expect(await stores.incidents.timeline(told.incidentId)).toEqual(told.events);
  });

  test('after a fail-over that lost the newest events they are asked for, and the record is whole again', async () => {
    const { stores, database } = use();
    const told = await readyToAct(stores);
    const { incidentId, events } = told;
    await loseTail(database, incidentId, events.slice(0, 2));
    const record = createRecordEvents({ incidents: stores.incidents, metrics: { count() {}, observe() {} } });
    const closing = {
      type: 'incident-closed',
      outcome: 'escalated',
      reason: 'r',
      actor: 'sentinel',
    } as const;
    const last = { seq: events.length + 1, atMs: Date.now(), ...closing };
    expect(await record({ incidentId, events: [last], throughSeq: last.seq })).toEqual({
      recorded: false,
      storedSeq: 2,
    });
    expect(await record({ incidentId, events: [], throughSeq: events.length })).toEqual({
      recorded: false,
      storedSeq: 2,
    });
    const again = [...events.slice(2), last];
    expect(await record({ incidentId, events: again, throughSeq: last.seq })).toEqual({ recorded: true });
    expect(await record({ incidentId, events: again, throughSeq: last.seq })).toEqual({ recorded: true });
    expect(await stores.incidents.timeline(incidentId)).toEqual([...events, last]);
    expect(await stores.incidents.state(incidentId)).toEqual(fold([...events, last], incidentId));
  });

  test('what nobody has any more is a gap that is told, from a state that comes along', async () => {
    const { stores, database } = use();
    const told = await readyToAct(stores);
    const { incidentId, events } = told;
    await loseTail(database, incidentId, events.slice(0, 1));
    const record = createRecordEvents({ incidents: stores.incidents, metrics: { count() {}, observe() {} } });
    const lost = { afterSeq: 1, throughSeq: events.length - 1 };
    const gap = { seq: events.length + 1, atMs: Date.now(), type: 'record-gap', ...lost } as const;
    const again = [...events.slice(-1), gap];
    const state = { ...told.state(), lastSeq: gap.seq };
    const input = { incidentId, events: again, throughSeq: gap.seq, lost, state };
    expect(await record({ ...input, lost: { afterSeq: 1, throughSeq: 2 } })).toMatchObject({
      recorded: false,
    });
    expect(await record(input)).toEqual({ recorded: true });
    expect(await stores.incidents.timeline(incidentId)).toEqual([...events.slice(0, 1), ...again]);
    expect(await stores.incidents.state(incidentId)).toEqual(state);
    const next = {
      seq: gap.seq + 1,
      atMs: Date.now(),
      type: 'note-added',
      noteId: 'n',
      actor: 'a',
      text: 't',
    } as const;
    expect(await record({ incidentId, events: [next], throughSeq: next.seq })).toEqual({ recorded: true });
  });

  test('hostile text is kept as text: U+0000, half surrogates, quotes', async () => {
    const { stores } = use();
    const told = tell(stores, unique('env'));
    const text = `'; drop table audit; -- \u0000 \\ud800 "\\" 💥`;
    await told.record(told.opened, { type: 'note-added', noteId: 'n1', actor: 'ann', text });
    await told.record({ type: 'note-added', noteId: 'n2', actor: 'ann', text: 'half \ud83d end' });
    const [, first, second] = await stores.incidents.timeline(told.incidentId);
    expect(first).toMatchObject({ text });
    expect(second).toMatchObject({ text: 'half \ufffd end' });
  });

  test('what matters is audited once, analysis is not', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    await ready.record({ type: 'note-added', noteId: 'n', actor: 'ann', text: 'hm' });
    await ready.record({ type: 'incident-closed', outcome: 'aborted', reason: 'enough', actor: 'ann' });
    await stores.incidents.recordEvents(ready.incidentId, ready.events, ready.state());
    const { items } = await stores.audit.query({ subject: ready.incidentId }, 100, null);
    const told = items.map((entry) => [
      entry.actor,
      JSON.parse(entry.canonical).details.type,
      entry.planHash,
    ]);
    expect(told).toEqual([
      ['system:sentinel', 'incident-closed', ready.planHash],
      ['system:sentinel', 'decided', ready.planHash],
      ['system:sentinel', 'planned', ready.planHash],
      ['system:sentinel', 'incident-opened', null],
    ]);
  });
});

await describeStores('evidence, plans, postmortems', (use) => {
  test('evidence: the first of an attempt stays, each with the digest of its content', async () => {
    const { stores } = use();
    const incidentId = unique('incident');
    const evidence = {
      id: 'E1',
      source: 'calls',
      provenance: 'measured' as const,
      scope: { environment: 'e', service: 'api' },
      fromMs: 1,
      toMs: 2,
      finding: 'errors rose',
      figures: { before: 0.01, during: 0.4 },
    };
    const saved = await stores.evidence.save(incidentId, 1, emptyInput, [evidence]);
    const { evidenceRef: ref } = saved;
    expect(saved.isFirst).toBe(true);
    const again = await stores.evidence.save(incidentId, 1, { ...emptyInput, nowMs: 99 }, []);
    expect(again).toEqual({ evidenceRef: ref, isFirst: false });
    expect(await stores.evidence.load(ref)).toEqual({
      input: emptyInput,
      evidence: [{ ...evidence, digest: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    });
    expect(await stores.incidentReader.outside(incidentId)).toEqual([]);
    const outside = [{ from: 'loki/main', series: [], lines: [], problem: 'away' }];
    await stores.evidence.save(incidentId, 2, { ...emptyInput, outside }, []);
    expect(await stores.incidentReader.outside(incidentId)).toEqual(outside);
    await expect(stores.evidence.load('evidence/none')).rejects.toMatchObject({ name: 'UnknownEvidence' });
  });

  test('a plan is stored only under the hash of its own canonical bytes', async () => {
    const { stores } = use();
    const incidentId = unique('incident');
    const { canonical, ...plan } = planOf(incidentId, [stepOf('e', 'api')]);
    const other = planOf(incidentId, [stepOf('e', 'web')]);
    await expect(stores.plans.savePlan({ ...plan, planHash: other.planHash }, canonical)).rejects.toThrow(
      'bytes',
    );
    await expect(stores.plans.savePlan(plan, other.canonical)).rejects.toThrow('bytes');
    await expect(stores.plans.savePlan({ ...plan, plan: other.plan }, canonical)).rejects.toThrow('bytes');
    expect(await stores.plans.plan(plan.planHash)).toBeNull();
    await stores.plans.savePlan(plan, canonical);
    await stores.plans.savePlan(plan, canonical);
    expect(await stores.plans.plan(plan.planHash)).toEqual(plan);
  });

  test('a verdict may be corrected until people were asked or something was done under it', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    await stores.plans.saveVerdict(ready.planHash, oneOperator);
    await stores.plans.saveVerdict(ready.planHash, auto);
    await passGate(stores, {
      incidentId: ready.incidentId,
      planHash: ready.planHash,
      step: 0,
      direction: 'forward',
    });
    await stores.plans.saveVerdict(ready.planHash, auto);
    await expect(stores.plans.saveVerdict(ready.planHash, oneOperator)).rejects.toMatchObject({
      name: 'VerdictSettled',
    });
    await expect(stores.plans.saveVerdict('f'.repeat(64), auto)).rejects.toThrow('no plan');
  });

  test('details give evidence, plans with their verdicts, and the latest postmortem', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    const second = await propose(
      stores,
      ready,
      [stepOf(ready.environment, 'api', { action: 'drain' })],
      oneOperator,
      2,
    );
    expect(await stores.incidentReader.details(ready.incidentId)).toEqual({
      evidence: [],
      plans: [
        { hashedPlan: ready.plan, verdict: auto },
        { hashedPlan: second, verdict: oneOperator },
      ],
      postmortem: null,
    });
    await stores.postmortems.savePostmortem(ready.incidentId, '# draft', 'd1');
    await stores.postmortems.savePostmortem(ready.incidentId, '# better \u0000', 'd2');
    expect((await stores.incidentReader.details(ready.incidentId)).postmortem).toBe('# better \ufffd');
  });
});

await describeStores('listing incidents', (use) => {
  test('newest first, page by page, each once, also when several were opened in the same millisecond', async () => {
    const { stores } = use();
    const environment = unique('env');
    const ids: string[] = [];
    for (const atMs of [5, 3, 3, 3, 9, 7]) {
      const told = tell(stores, environment);
      const opened = { seq: 1, atMs, ...told.opened };
      told.events.push(opened);
      await stores.incidents.recordEvents(told.incidentId, [opened], told.state());
      ids.push(told.incidentId);
    }
    const seen: string[] = [];
    const times: number[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof stores.incidentReader.list>> = await stores.incidentReader.list(
        { environment },
        2,
        cursor,
      );
      seen.push(...page.items.map((item) => item.id));
      times.push(...page.items.map((item) => item.openedAtMs));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen.toSorted()).toEqual(ids.toSorted());
    expect(times).toEqual([9, 7, 5, 3, 3, 3]);
  });

  test('by status, openness, service and severity', async () => {
    const { stores } = use();
    const environment = unique('env');
    const open = tell(stores, environment, 'web');
    await open.record(open.opened);
    const closed = tell(stores, environment, 'api');
    await closed.record(closed.opened, {
      type: 'incident-closed',
      outcome: 'aborted',
      reason: '',
      actor: 'ann',
    });
    const list = async (filter: Parameters<typeof stores.incidentReader.list>[0]) =>
      (await stores.incidentReader.list({ environment, ...filter }, 10, null)).items.map((item) => item.id);
    expect(await list({ open: true })).toEqual([open.incidentId]);
    expect(await list({ open: false })).toEqual([closed.incidentId]);
    expect(await list({ status: 'closed', service: 'api' })).toEqual([closed.incidentId]);
    expect(await list({ service: 'mail' })).toEqual([]);
    expect(await list({ severity: 'warning' })).toEqual([]);
    expect(await list({ severity: 'critical' })).toHaveLength(2);
  });

  test.each([
    '',
    'x',
    'W10',
    'bnVsbA',
    Buffer.from('["audit",1]').toString('base64url'),
    '💥',
    'a'.repeat(2_000),
  ])('a foreign cursor is refused: %j', async (cursor) => {
    const { stores } = use();
    await expect(stores.incidentReader.list({}, 10, cursor)).rejects.toThrow(InvalidCursor);
    if (!cursor.startsWith('WyJhdWRpdCI')) {
      await expect(stores.audit.query({}, 10, cursor)).rejects.toThrow(InvalidCursor);
    }
  });
});

/** As a replica that was behind has it. */
async function loseTail({ db }: Database, incidentId: string, kept: readonly IncidentEvent[]): Promise<void> {
  const state = fold(kept, incidentId);
  if (state === null) throw new Error('at least the opening is kept');
  await db
    .deleteFrom('incident_events')
    .where('incident_id', '=', incidentId)
    .where('seq', '>', state.lastSeq)
    .execute();
  await db
    .updateTable('incidents')
    .set({ state: JSON.stringify(state) as never, last_seq: state.lastSeq, status: state.status })
    .where('id', '=', incidentId)
    .execute();
}
