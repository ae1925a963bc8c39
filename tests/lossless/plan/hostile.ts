/** What nobody can use, as it comes from a sender that is broken or means harm. Each must be refused with a reason. */
import type { Random } from '../../../lab/support/random.ts';

type Made = { readonly body: Buffer; readonly headers?: Readonly<Record<string, string>> };
type Make = (id: string) => Made;

const text = (value: string): Made => ({ body: Buffer.from(value) });
const json = (value: unknown): Made => text(JSON.stringify(value));
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const alert = (id: string, more: object) => ({ kind: 'alert', id, service: 'a', title: 'b', ...more });

const events: readonly ((id: string) => unknown)[] = [
  (id) => ({ kind: 'alert', id, title: 'of no service' }),
  (id) => alert(id, { severity: 'disastrous' }),
  (id) => alert(id, { service: '' }),
  (id) => alert(id, { at: 'yesterday' }),
  (id) => alert(id, { at: '2099-01-01T00:00:00Z' }),
  (id) => alert(id, { id: `${id} with spaces` }),
  (id) => alert(id, { surprise: { id } }),
  (id) => alert(id, { title: id.repeat(1_000) }),
  (id) =>
    alert(id, {
      attributes: Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`${id}-${at}`, 'x'])),
    }),
  (id) => ({ kind: 'order', id, text: "'; drop table inbox; --" }),
  () => 42,
];

const webhooks: readonly Make[] = [
  ...events.map(
    (make): Make =>
      (id) =>
        json({ type: 'event', data: make(id) }),
  ),
  (id) => text(`{"data": {"kind": "alert", "id": "${id}"`),
  (id) => text(`not json at all ${id}`),
  () => text(''),
  (id) => ({ ...json({ data: alert(id, {}) }), headers: { 'webhook-signature': 'v1,AAAA' } }),
  (id) => ({ ...json({ data: alert(id, {}) }), headers: { 'webhook-timestamp': '1' } }),
  (id) => ({ ...json({ data: alert(id, {}) }), headers: { 'content-type': 'text/plain' } }),
  (id) => ({ ...text(id), headers: { 'content-encoding': 'gzip' } }),
  () => text(`{"data": ${nested(5_000)}}`),
  (id) => json({ data: id, padding: 'x'.repeat(200_000) }),
];

const records: readonly Make[] = [
  ...events.map(
    (make): Make =>
      (id) =>
        json(make(id)),
  ),
  (id) => text(`{"kind": "alert", "id": "${id}"`),
  (id) => text(`not json at all ${id}`),
  () => text(''),
  () => text('[]'),
  (id) => ({
    body: Buffer.concat([Buffer.from(`{"id": "${id}`), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from('"}')]),
  }),
  () => text(nested(5_000)),
  (id) => json([alert(id, {}), { kind: 'nothing' }]),
  (id) => json({ id, padding: 'x'.repeat(200_000) }),
];

export const hostileWebhook = (random: Random): Make => pick(webhooks, random);
export const hostileRecord = (random: Random): Make => pick(records, random);

function pick(from: readonly Make[], random: Random): Make {
  const made = from[Math.floor(random() * from.length)];
  if (made === undefined) throw new RangeError('chance is at least 0 and less than 1');
  return made;
}
