/** Alerts of one cause, about many services, are one incident; what has nothing to do with them is not in it. */
import { expect, test } from 'vitest';
import { createEpisodes } from '../../../adapters/postgres/episodes/episodes.ts';
import { createSilenceBook } from '../../../adapters/postgres/silences/book.ts';
import type { IncidentMember, IncidentMembers } from '../../../api/ports/members.ts';
import { correlationConfigSchema } from '../../../domain/correlation/correlate.ts';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import type { Severity } from '../../../domain/scope.ts';
import { alertAnomaly } from '../../../ingest/events/alert.ts';
import { describeStores } from '../../support/stores.ts';
import { unique } from './fixtures.ts';

const config = correlationConfigSchema.parse({});
type More = { readonly seconds?: number; readonly severity?: Severity; readonly node?: string };
const range = (length: number) => Array.from({ length }, (_, index) => index);

await describeStores('crowds', (use) => {
  const began = Date.now();

  function environmentOf() {
    const { db } = use().database;
    const environment = unique('env');
    const episodes = createEpisodes(db, createSilenceBook(), { lateFindingsMs: 0, followsWithinMs: 0 });
    const alert = (
      service: string,
      title: string,
      { seconds = 0, severity = 'warning', node }: More = {},
    ): Anomaly =>
      alertAnomaly(
        {
          ...{ kind: 'alert', id: unique('alert'), status: 'firing', source: 'test', severity, title },
          scope: { environment, service },
          atMs: began + seconds * 1_000,
          attributes: node === undefined ? {} : { node },
        },
        began,
      );
    const assign = async (...anomalies: readonly Anomaly[]) => {
      const answers = await episodes.assignAll(anomalies, config);
      return answers.map((one) => (one.kind === 'incident' ? one.input.incidentId : one.reason));
    };
    const whyOf = async ({ id }: Anomaly) =>
      (
        await db
          .selectFrom('anomaly_assignments')
          .select('why')
          .where('anomaly_id', '=', id)
          .executeTakeFirst()
      )?.why;
    return { episodes, environment, alert, assign, whyOf };
  }

  /** One a page: a page begins where the one before ended. */
  async function readAll(incidentId: string): Promise<readonly IncidentMember[]> {
    const items: IncidentMember[] = [];
    let cursor: string | null = null;
    do {
      const page: IncidentMembers = await use().stores.incidentReader.members(incidentId, 1, cursor);
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return items;
  }

  test('a storm is one incident, whichever of its alerts came first, and each says why it is in it', async () => {
    const { alert, assign, whyOf } = environmentOf();
    const said = ['is slow', 'fails', 'lost its leader'];
    const storm = range(640).map((index) =>
      alert(`service-${(index * 37) % 80}`, `service-${(index * 37) % 80} ${said[index % 3]}`, {
        seconds: index / 20,
      }),
    );
    const [first] = await assign(...storm.slice(0, 1));
    const incidents = new Set([first]);
    for (const from of range(5))
      for (const one of await assign(...storm.slice(1 + from * 128, 129 + from * 128))) incidents.add(one);
    expect(incidents.size).toBe(1);
    expect(await whyOf(storm[0] as Anomaly)).toBe('nothing it belongs to was open');
    expect(await whyOf(storm[1] as Anomaly)).toMatch(/^says what \d+ other services say$/);
    expect(await whyOf(storm[639] as Anomaly)).toMatch(/is in it already$/);
  });

  test('two faults at once stay two, in one batch and in two', async () => {
    const { alert, assign } = environmentOf();
    const slow = ['a', 'b', 'c', 'd'].map((one) => alert(one, 'slow'));
    const full = ['k', 'l', 'm', 'n'].map((one) => alert(one, 'disk full'));
    const answers = await assign(...slow.slice(0, 3), ...full.slice(0, 3));
    const [ofSlow, ofFull] = [answers[0], answers[3]];
    expect(answers).toEqual([ofSlow, ofSlow, ofSlow, ofFull, ofFull, ofFull]);
    expect(ofSlow).not.toBe(ofFull);
    expect(await assign(...full.slice(3), ...slow.slice(3))).toEqual([ofFull, ofSlow]);
    const [alone] = await assign(alert('mail', 'certificate expires'));
    expect([ofSlow, ofFull]).not.toContain(alone);
  });

  test('two that say the same are no crowd, and neither is information, nor what is long past', async () => {
    const { alert, assign } = environmentOf();
    const few = [
      alert('a', 'slow'),
      alert('b', 'slow'),
      alert('c', 'slow', { severity: 'info' }),
      alert('d', 'slow', { seconds: 300 }),
    ];
    const answers = await assign(...few);
    expect(new Set([answers[0], answers[1], answers[3]]).size).toBe(3);
    expect(answers[2]).toMatch('information alone');
  });

  test('the same is said where no calls connect the services: two incidents', async () => {
    const { episodes, environment, alert, assign } = environmentOf();
    const calls = ['x', 'y'].flatMap((part) =>
      range(4).map((index) => ({ caller: `${part}${index}`, callee: `${part}-db` })),
    );
    await episodes.rememberEdges(environment, calls);
    const answers = await assign(
      ...range(8).map((index) => alert(`${index % 2 === 0 ? 'x' : 'y'}${index >> 1}`, 'slow')),
    );
    expect(new Set(answers.filter((_, index) => index % 2 === 0)).size).toBe(1);
    expect(new Set(answers).size).toBe(2);
  });

  test('a node that is down explains its pods, before and after; another node is another incident', async () => {
    const { alert, assign, whyOf } = environmentOf();
    const [before] = await assign(alert('cart', 'pod gone', { node: 'n1' }));
    const [down] = await assign(alert('n1', 'node down', { node: 'n1' }));
    const late = alert('mail', 'queue full', { node: 'n1' });
    const [after, other] = await assign(late, alert('shop', 'errors', { node: 'n2' }));
    const members = await readAll(before ?? '');
    expect([down, after]).toEqual([before, before]);
    expect(other).not.toBe(before);
    const why = 'on node n1 with 2 other services';
    expect(await whyOf(late)).toBe(why);
    expect(members.map(({ service, title, reason }) => [service, title, reason])).toEqual([
      ['cart', 'pod gone', 'opened'],
      ['n1', 'node down', 'node'],
      ['mail', 'queue full', 'node'],
    ]);
    expect(members[2]).toMatchObject({ anomalyId: late.id, severity: 'warning', why, recorded: false });
    expect((await use().stores.incidentReader.members(before ?? '', 1, null)).byReason).toEqual([
      { reason: 'node', members: 2, services: 2 },
      { reason: 'opened', members: 1, services: 1 },
    ]);
  });

  test('an incident that is over takes nobody in, and what was measured goes by the service graph alone', async () => {
    const { episodes, alert, assign } = environmentOf();
    const [over] = await assign(alert('a', 'slow'), alert('b', 'slow'), alert('c', 'slow'));
    await episodes.abandon(over ?? '');
    const [next] = await assign(alert('d', 'slow'), alert('e', 'slow'), alert('f', 'slow'));
    expect(next).not.toBe(over);
    const measured = ['k', 'l', 'm'].map((one) => ({ ...alert(one, 'slow'), detector: 'latency' as const }));
    expect(new Set(await assign(...measured)).size).toBe(3);
  });

  test('without crowds in the settings each service has its own', async () => {
    const { episodes, alert } = environmentOf();
    const answers = await episodes.assignAll(
      ['a', 'b', 'c', 'd'].map((one) => alert(one, 'slow')),
      { windowMs: 120_000, maxHops: 2 },
    );
    expect(new Set(answers.map((one) => one.kind === 'incident' && one.input.incidentId)).size).toBe(4);
  });
});
