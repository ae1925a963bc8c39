import { expect, test } from 'vitest';
import { titleOf } from '../../ingest/sources/alertmanager/title.ts';

const labels = { alertname: 'QueueOld', service: 'mail', severity: 'warning' };

test.each<[string, Record<string, string>, Record<string, string>, string]>([
  ['the summary', { summary: '12 % of payments fail', description: 'Long.' }, {}, '12 % of payments fail'],
  [
    'the first sentence of the description',
    { description: 'Oldest mail waits 31.5 min. See the runbook.' },
    {},
    'Oldest mail waits 31.5 min.',
  ],
  ['its first line', { description: 'Disk is full\nVALUE = 97' }, {}, 'Disk is full'],
  [
    'a summary of blanks does not count',
    { summary: ' ', message: 'Pod is crash looping.' },
    {},
    'Pod is crash looping.',
  ],
  [
    'the name with the labels that tell it apart',
    {},
    { queue: 'inbound', instance: 'mx-1:25' },
    'QueueOld (queue inbound, instance mx-1:25)',
  ],
  ['the name alone', {}, {}, 'QueueOld'],
  [
    'emoji and other scripts stay',
    { summary: '🔥 支払い # 100 % failing?' },
    {},
    '🔥 支払い # 100 % failing?',
  ],
  [
    'control characters and marks that reorder text do not',
    { summary: 'a\u202eb\u0007c\u001b[31md' },
    {},
    'a b cd',
  ],
])('%s', (_what, annotations, more, title) => {
  expect(titleOf({ annotations, labels: { ...labels, ...more } }, 200)).toBe(title);
});

test('it is bounded', () => {
  expect(titleOf({ annotations: { summary: 'x'.repeat(5_000) }, labels }, 200)).toHaveLength(200);
});
