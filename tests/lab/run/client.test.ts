// What the benchmark sees of an incident: a summary and a timeline of the public API, and nothing else.

import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type IncidentSummary,
  SentinelClient,
  type TimelineEvent,
  toSeen,
  until,
} from '../../../lab/run/client.ts';

const summary: IncidentSummary = {
  id: 'incident/a/1',
  ref: 'a-1',
  title: 'errors of orders',
  service: 'orders',
  status: 'closed',
  outcome: 'resolved',
  openedAtMs: 1_000,
  closedAtMs: 9_000,
};

/** Events one after the other, a second apart. */
function timeline(...events: { type: string; [field: string]: unknown }[]): TimelineEvent[] {
  return events.map((event, index) => ({ ...event, seq: index + 1, atMs: (index + 1) * 1_000 }));
}
const diagnosed = (inconclusive: boolean, ...causes: string[]) => ({
  type: 'diagnosed',
  diagnosis: {
    inconclusive,
    hypotheses: causes.map((cause) => ({ cause, scope: { environment: 'e', service: 'orders' } })),
  },
});
const verified = (outcome: string) => ({ type: 'verified', result: { outcome } });
const intent = (intentId: string, direction: string) => ({ type: 'intent-written', intentId, direction });

describe('an incident told from its timeline', () => {
  test('opening, closing and outcome are those of the summary', () => {
    expect(toSeen(summary, [])).toEqual({
      id: 'incident/a/1',
      openedAtMs: 1_000,
      symptomsAtMs: [],
      closedAtMs: 9_000,
      outcome: 'resolved',
      hypotheses: [],
      inconclusive: false,
      verifiedAtMs: null,
      intents: [],
      compensations: [],
    });
  });

  test('every symptom has its moment', () => {
    const seen = toSeen(
      summary,
      timeline({ type: 'anomaly-observed' }, diagnosed(false), { type: 'anomaly-observed' }),
    );
    expect(seen.symptomsAtMs).toEqual([1_000, 3_000]);
  });

  test('the last diagnosis counts, best hypothesis first', () => {
    const seen = toSeen(summary, timeline(diagnosed(true), diagnosed(false, 'hang', 'crash')));
    expect(seen.hypotheses).toEqual([
      { cause: 'hang', service: 'orders' },
      { cause: 'crash', service: 'orders' },
    ]);
    expect(seen.inconclusive).toBe(false);
  });

  test('verified is the first time that it said recovered', () => {
    const looks = timeline(verified('not-recovered'), verified('recovered'), verified('recovered'));
    expect(toSeen(summary, looks).verifiedAtMs).toBe(2_000);
    expect(toSeen(summary, timeline(verified('unverified'))).verifiedAtMs).toBeNull();
  });

  test('intents, and which of them undo', () => {
    const seen = toSeen(summary, timeline(intent('i1', 'forward'), intent('u1', 'compensation')));
    expect(seen).toMatchObject({ intents: ['i1', 'u1'], compensations: ['u1'] });
  });
});

describe('waiting for something', () => {
  test('ends with what was found', async () => {
    let looks = 0;
    const found = await until(async () => (++looks < 3 ? null : looks), Date.now() + 60_000, 1);
    expect(found).toBe(3);
  });

  test('ends without it at the deadline, after a last look', async () => {
    let looks = 0;
    const nothing = async (): Promise<null> => {
      looks += 1;
      return null;
    };
    expect(await until(nothing, Date.now() - 1, 1)).toBeNull();
    expect(looks).toBe(1);
  });
});

describe('an answer that does not come', () => {
  /** A client of a server that cuts off so many requests before it answers. */
  async function clientOf(cutOff: number) {
    const seen: string[] = [];
    const answer: RequestListener = (request, response) => {
      seen.push(`${request.method} ${request.url?.split('?')[0]}`);
      if (seen.length <= cutOff) return void request.socket.destroy();
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"items":[]}');
    };
    const server = createServer(answer).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { client: new SentinelClient(url, 'key'), seen };
  }
  const pending = { incidentId: 'i', planHash: 'h' };

  test('is asked for again, for reads and for decisions', async () => {
    const reading = await clientOf(2);
    expect(await reading.client.incidents()).toEqual([]);
    expect(reading.seen).toHaveLength(3);
    const deciding = await clientOf(1);
    expect(await deciding.client.decide(pending, 'approve', 'fine')).toBe(true);
    expect(deciding.seen).toEqual(Array(2).fill('POST /api/v1/incidents/i/approvals'));
  });

  test('again and again is an error that says whom was asked for what', async () => {
    const { client, seen } = await clientOf(Number.POSITIVE_INFINITY);
    await expect(client.pendingApprovals()).rejects.toThrow(
      /^GET \/api\/v1\/approvals\/pending: Sentinel at http:.* did not answer 6 times/,
    );
    expect(seen).toHaveLength(6);
  });

  test('is not asked for again where that would do it twice', async () => {
    const { client, seen } = await clientOf(1);
    await expect(client.createKey('one', 'operator')).rejects.toThrow();
    expect(seen).toHaveLength(1);
  });
});
