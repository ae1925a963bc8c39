/** What every way in for events promises, whoever sends. A way without a harness fails, so that none is forgotten. */
import { describe, expect, test } from 'vitest';
import type { Authorize } from '../../../ingest/ports.ts';
import { ownOfSources, sources, ways } from '../../../ingest/sources/index.ts';
import { TestApp } from '../support/app.ts';
import { authorize, defaultSettings, type MemoryInbox } from '../support/memory.ts';
import { naughtyStrings } from '../support/naughty.ts';
import { nowMs } from '../support/otlp.ts';
import type { WayHarness } from './harness.ts';
import * as alertmanager from './harnesses/alertmanager.ts';
import * as changes from './harnesses/changes.ts';
import { cloudevents } from './harnesses/cloudevents.ts';
import * as custom from './harnesses/custom.ts';
import { datadog } from './harnesses/datadog.ts';
import * as events from './harnesses/events.ts';
import * as eventsApi from './harnesses/events-api.ts';
import { newRelic } from './harnesses/new-relic.ts';
import { pagerduty } from './harnesses/pagerduty.ts';
import { sentry } from './harnesses/sentry.ts';
import { sns } from './harnesses/sns.ts';
import { standardWebhooks } from './harnesses/standard-webhooks.ts';

const harnesses: readonly WayHarness[] = [
  ...Object.values(alertmanager),
  ...Object.values(events),
  cloudevents,
  ...Object.values(custom),
  sns,
  ...Object.values(eventsApi),
  datadog,
  newRelic,
  sentry,
  pagerduty,
  ...Object.values(changes),
  standardWebhooks,
];

test('every way in for events is held to it', () => {
  const forEvents = ways.filter(({ source }) => sources[source].limits === 'events');
  const held = new Set(harnesses.map(({ path, way = path }) => way));
  expect([...held].toSorted()).toEqual(forEvents.map(({ path }) => path).toSorted());
});

/** A place that no reach of these tests has. */
const elsewhere = { environments: ['elsewhere'] };

type Options = { readonly secrets?: readonly string[]; readonly reach?: object };

function appFor(
  { source, signature, seal, settings: given = {}, readRemote }: WayHarness,
  { secrets = signature?.secrets ?? [], reach }: Options = {},
): TestApp {
  const limited: Authorize = async (request, permission, address) => {
    const said = await authorize(request, permission, address);
    return said.allowed && reach !== undefined ? { ...said, sender: { ...said.sender, reach } } : said;
  };
  const settings: Record<string, unknown> = { ...defaultSettings };
  const bySource = signature !== null || seal !== undefined;
  const limits = reach !== undefined && bySource ? { reach } : {};
  if (Array.isArray(given)) settings[source] = given.map((one: object) => ({ ...one, ...limits }));
  else if (source in settings) settings[source] = { ...(settings[source] as object), ...given, ...limits };
  const own = ownOfSources(settings as typeof defaultSettings, (variable) =>
    variable === signature?.variable && secrets.length > 0 ? secrets.join(' ') : null,
  );
  return new TestApp({
    authorize: limited,
    sources: own,
    ...(readRemote === undefined ? {} : { readRemote }),
  });
}

/** A request that is proved, in its headers or in its body. */
function proved(
  { prove, seal }: WayHarness,
  text: string,
  how: { readonly atMs?: number } = {},
): { readonly body: string; readonly headers: Readonly<Record<string, string>> } {
  const body = seal === undefined ? text : seal(text, how);
  return { body, headers: prove(body, how) };
}

const found = ({ stored }: MemoryInbox) =>
  [...stored.values()].flatMap(({ item }) => (item.kind === 'anomaly' ? [item.anomaly] : []));

/** Every value of a body that is no object or list, with a copy of the body in which another one stands for it. */
function* leaves(
  body: unknown,
  path: readonly (string | number)[] = [],
): Generator<readonly (string | number)[]> {
  if (typeof body !== 'object' || body === null) {
    yield path;
    return;
  }
  for (const [key, value] of Object.entries(body))
    yield* leaves(value, [...path, Array.isArray(body) ? Number(key) : key]);
}
function replaced(body: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const copy = structuredClone(body);
  let at = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  at[path.at(-1) as string | number] = value;
  return copy;
}
/** With fields that nobody knows in every object. */
function extended(body: unknown): unknown {
  if (Array.isArray(body)) return body.map(extended);
  if (typeof body !== 'object' || body === null) return body;
  const entries = Object.entries(body).map(([key, value]) => [key, extended(value)]);
  return Object.fromEntries([...entries, ['later_version', 'x']]);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
const unclean = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

function poster(way: WayHarness) {
  return (app: TestApp, body: object | string, how: { readonly atMs?: number } = {}) => {
    const sent = proved(way, typeof body === 'string' ? body : JSON.stringify(body), how);
    return app.post(way.path, sent.body, sent.headers);
  };
}

describe.each(
  harnesses.flatMap((way) => (way.resolved === null ? [] : [{ ...way, resolved: way.resolved }])),
)('$path', (way) => {
  const post = poster(way);

  test('an alert is in the inbox before the 202, and its end is the end of that alert', async () => {
    const app = appFor(way);
    const begun = await post(app, way.firing('A'));
    expect([begun.status, await begun.json()]).toEqual([
      202,
      expect.objectContaining({ accepted: 1, duplicates: 0 }),
    ]);
    expect(app.wakes).toBe(1);
    const { environment, service, title, severity } = way.reads;
    expect(found(app.inbox)).toMatchObject([
      { state: 'firing', title, severity, scope: { environment, service }, onsetMs: nowMs - 5 * 60_000 },
    ]);
    expect((await post(app, way.resolved('A'))).status).toBe(202);
    const [first, last] = found(app.inbox);
    expect(last).toMatchObject({ id: first?.id, state: 'cleared', scope: { environment, service } });
  });

  test('after its end it is another occurrence', async () => {
    const app = appFor(way);
    for (const body of [way.firing('A'), way.resolved('A')]) await post(app, body);
    app.clock.current += 10 * 60_000;
    const atMs = app.clock.current;
    await post(app, (way.again ?? way.firing)('A', atMs), { atMs });
    expect(found(app.inbox).map(({ state }) => state)).toEqual(['firing', 'cleared', 'firing']);
  });
});

describe.each(harnesses.filter(({ resolved }) => resolved === null))('$path', (way) => {
  test('a change is in the inbox before the 202', async () => {
    const app = appFor(way);
    expect((await poster(way)(app, way.firing('A'))).status).toBe(202);
    const { environment, service, title: summary } = way.reads;
    const [stored] = app.inbox.stored.values();
    expect(stored?.item).toMatchObject({
      kind: 'change',
      change: { environment, service, summary, atMs: nowMs - 5 * 60_000 },
    });
  });
});

describe.each(harnesses)('$path', (way) => {
  const { path, signature, keyField, seal } = way;
  const post = poster(way);

  test('sent again it is the same; another one is another', async () => {
    const app = appFor(way);
    await post(app, way.firing('A'));
    const again = await (await post(app, way.firing('A'))).json();
    expect(again).toMatchObject({ accepted: 0, duplicates: 1 });
    await post(app, way.firing('B'));
    expect(app.inbox.stored.size).toBe(2);
  });

  test('nobody else is heard, and nothing of it is stored', async () => {
    const app = appFor(way);
    const text = JSON.stringify(way.firing('A'));
    const bare = { 'content-type': way.prove(text)['content-type'] ?? '' };
    const wrong =
      signature === null
        ? [bare, { ...bare, authorization: 'Bearer bad' }, { ...bare, authorization: 'Basic good' }]
        : [
            bare,
            way.prove(text, { secret: `whsec_${'x'.repeat(44)}` }),
            ...(signature.bare === true ? [] : [way.prove(`${text} `)]),
          ];
    const withKey = (key: unknown) => JSON.stringify({ ...way.firing('A'), [keyField ?? '']: key });
    const keys = ['bad', '', 'good\n', 1, null, undefined];
    const requests =
      keyField !== undefined
        ? keys.map((key) => [withKey(key), bare] as const)
        : seal !== undefined
          ? [seal(text, { forged: true }), seal(text).replace('ALARM', 'OK')].map(
              (body) => [body, bare] as const,
            )
          : wrong.map((headers) => [text, headers] as const);
    for (const [body, headers] of requests) {
      const response = await app.post(path, body, headers);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ type: 'urn:sentinel:problem:unauthenticated' });
    }
    expect(app.inbox.stored.size).toBe(0);
  });

  test('what lies beyond the reach of its sender is refused', async () => {
    const app = appFor(way, { reach: elsewhere });
    const response = await post(app, way.firing('A'));
    expect(response.status).toBe(403);
    expect(app.inbox.stored.size).toBe(0);
  });

  test('what is no such body is answered with where it is wrong, and is not asked for again', async () => {
    const app = appFor(way);
    for (const text of ['{', '', '{"a":1}}'])
      expect((await app.post(path, text, way.prove(text))).status).toBe(400);
    for (const body of ['null', '1', '"x"', '[]', '{}', '[{}]', '{"events":[]}']) {
      const { status } = await post(app, body);
      // Without a key in it, nothing else of it is looked at.
      if (keyField === undefined)
        expect(status === 422 || (status === 202 && app.inbox.stored.size === 0)).toBe(true);
      else expect(status).toBe(401);
    }
    if (keyField !== undefined) expect((await post(app, { [keyField]: 'good' })).status).toBe(422);
    const sent = proved(way, JSON.stringify(way.firing('A')));
    const asHtml = { ...sent.headers, 'content-type': 'text/html' };
    expect((await app.post(path, sent.body, asHtml)).status).toBe(415);
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    expect((await post(app, deep)).status).toBe(413);
    expect((await post(app, `"${'x'.repeat(9 * 1024 * 1024)}"`)).status).toBe(413);
    expect((await app.app.request(path)).status).toBe(405);
    expect(app.inbox.stored.size).toBe(0);
  });

  test('any value of any type anywhere is answered, never with an error of our own, and what is stored is clean', async () => {
    const app = appFor(way);
    const values: readonly unknown[] = [
      null,
      0,
      -1e308,
      true,
      {},
      [],
      [[]],
      { toString: 1 },
      '',
      ' ',
      '\u202eevil\u0000\n',
      '__proto__',
      'x'.repeat(5_000),
    ];
    let count = 0;
    for (const at of leaves(way.firing('A'))) {
      for (const value of values) {
        count += 1;
        const { status } = await post(app, replaced(way.firing(`A${count}`), at, value) as object);
        expect(at[0] === keyField ? [401] : [202, 422]).toContain(status);
      }
    }
    for (const { item } of app.inbox.stored.values()) {
      expect(item.kind === 'anomaly' ? item.anomaly.onsetMs : item.change.atMs).toBeGreaterThan(0);
      const text =
        item.kind === 'anomaly'
          ? [item.anomaly.title ?? '', ...Object.values(item.anomaly.scope)]
          : [
              item.change.summary,
              item.change.service,
              item.change.type,
              ...Object.entries(item.change.attributes).flat(),
            ];
      expect(text.filter((one) => unclean.test(one))).toEqual([]);
    }
  });

  test('naughty strings in all of its texts are only text', async () => {
    const app = appFor(way);
    const paths = [...leaves(way.firing('A'))];
    for (const [index, naughty] of naughtyStrings.entries()) {
      const at = paths[index % paths.length] ?? [];
      const { status } = await post(app, replaced(way.firing(`A${index}`), at, naughty) as object);
      expect(at[0] === keyField ? [401] : [202, 422]).toContain(status);
    }
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  test('an inbox that is down: try again later, and then it is stored', async () => {
    const app = appFor(way);
    app.inbox.down = true;
    const response = await post(app, way.firing('A'));
    expect([response.status, Number(response.headers.get('retry-after'))]).toEqual([503, 2]);
    app.inbox.down = false;
    expect((await post(app, way.firing('A'))).status).toBe(202);
    expect(app.inbox.stored.size).toBe(1);
  });
});

describe.each(harnesses.flatMap((way) => (way.again === undefined ? [] : [{ ...way, again: way.again }])))(
  '$path',
  (way) => {
    const { path, again } = way;
    test('a change that comes late, or once more, takes nothing back', async () => {
      const app = appFor(way);
      const post = async (body: object): Promise<void> => {
        const sent = proved(way, JSON.stringify(body), { atMs: app.clock.current });
        expect((await app.post(path, sent.body, sent.headers)).status).toBe(202);
      };
      const states = () => found(app.inbox).map(({ state }) => state);
      const over = way.resolved?.('A') ?? {};
      await post(way.firing('A'));
      await post(over);
      app.clock.current += 20 * 60_000;
      await post(way.firing('A'));
      expect(states()).toEqual(['firing', 'cleared']);
      await post(again('A', app.clock.current));
      await post(over);
      expect(states()).toEqual(['firing', 'cleared', 'firing']);
    });
  },
);

/** Senders of our own form are told of a field that is misspelt. */
const ownForm = ['events', 'cloudevents', 'standardWebhooks'];

describe.each(harnesses.filter(({ source }) => !ownForm.includes(source)))('$path', (way) => {
  test('fields of later versions are let through', async () => {
    const app = appFor(way);
    const { body, headers } = proved(way, JSON.stringify(extended(way.firing('A'))));
    expect((await app.post(way.path, body, headers)).status).toBe(202);
    expect(app.inbox.stored.size).toBe(1);
  });
});

describe.each(harnesses.filter(({ withBadOne }) => withBadOne !== null))('$path', (way) => {
  test('one that cannot be used keeps no other out', async () => {
    const app = appFor(way);
    const text = JSON.stringify(way.withBadOne?.() ?? {});
    const response = await app.post(way.path, text, way.prove(text));
    expect([response.status, await response.json()]).toEqual([
      202,
      expect.objectContaining({ accepted: 2, refused: [expect.objectContaining({ index: 1 })] }),
    ]);
  });
});

describe.each(
  harnesses.flatMap((way) => (way.signature === null ? [] : [{ ...way, signature: way.signature }])),
)('$path', (way) => {
  const text = JSON.stringify(way.firing('A'));
  const { secrets, variable } = way.signature;

  test('each of several secrets counts; one that was taken away no longer', async () => {
    const [current, older] = secrets;
    const signed = way.prove(text, { secret: older });
    expect(
      (await appFor(way).app.request(way.path, { method: 'POST', body: text, headers: signed })).status,
    ).toBe(202);
    const replaced = appFor(way, { secrets: [current] });
    expect((await replaced.post(way.path, text, signed)).status).toBe(401);
  });

  test('without its secret it is off, and says which', async () => {
    const app = appFor(way, { secrets: [] });
    const response = await app.post(way.path, text, way.prove(text));
    expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
      404,
      expect.stringContaining(variable),
    ]);
    expect(app.inbox.stored.size).toBe(0);
  });
});

describe.each(harnesses.filter(({ signature }) => signature?.dated))('$path', (way) => {
  test('what was signed long ago, or in the future, is refused; what is only a little off is not', async () => {
    const text = JSON.stringify(way.firing('A'));
    const at = async (atMs: number) =>
      (await appFor(way).post(way.path, text, way.prove(text, { atMs }))).status;
    const statuses = await Promise.all([-6, -4, 4, 6].map((minutes) => at(nowMs + minutes * 60_000)));
    expect(statuses).toEqual([401, 202, 202, 401]);
  });
});
