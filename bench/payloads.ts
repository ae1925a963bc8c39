// What it costs to sign or encrypt what goes through Temporal: one value to a payload, sealed, opened and back, by kind and size.
// Prints one JSON line each. `ratio` compares with the same value through Temporal's own converter without a codec, in the same
// run: a yardstick that moves with the machine.
//
// node bench/payloads.ts [--seconds 1]

import { parseArgs } from 'node:util';
import { defaultPayloadConverter, type PayloadCodec } from '@temporalio/common';
import { createPayloadCodec } from '../adapters/temporal/payloads/codec.ts';
import { payloadKeys } from '../adapters/temporal/payloads/keys.ts';
import { quantile } from './support/quantile.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '1' } } });
const budgetMs = Number(values.seconds) * 1_000;
const context = {
  type: 'workflow',
  namespace: 'bench',
  workflowId: 'incident/bench/orders/8dad9283/1',
} as const;

const keys = payloadKeys([{ id: 'bench', secret: Buffer.alloc(32, 'b') }]);
const codecs = {
  none: { encode: async (payloads) => payloads, decode: async (payloads) => payloads },
  signed: codecOf('signed'),
  encrypted: codecOf('encrypted'),
} satisfies Readonly<Record<string, PayloadCodec>>;

function codecOf(mode: 'signed' | 'encrypted'): PayloadCodec {
  return createPayloadCodec({ keys, mode, keysSinceMs: null, nowMs: () => Date.now() }, 'client');
}

/** A signal as workflows get it, and half of what Temporal takes at most. */
const sizes = {
  small: {
    id: 'a-1',
    summary: 'errors rose from 1 % to 40 %',
    scope: { environment: 'bench', service: 'orders' },
  },
  '1 MB': { rows: Array.from({ length: 10_000 }, (_, row) => `row ${row} `.padEnd(97, 'x')) },
};

async function there(value: unknown, codec: PayloadCodec): Promise<unknown> {
  const sealed = await codec.encode([defaultPayloadConverter.toPayload(value)], context);
  const [payload] = await codec.decode(sealed, context);
  if (payload === undefined) throw new Error('the codec gave no payload back');
  return defaultPayloadConverter.fromPayload(payload);
}

for (const [size, value] of Object.entries(sizes)) {
  const rounds = Object.fromEntries(Object.keys(codecs).map((kind) => [kind, [] as number[]]));
  const began = performance.now();
  // In turns, so that whatever else the machine does hits all of them alike.
  while (performance.now() - began < budgetMs * 3) {
    for (const [kind, codec] of Object.entries(codecs)) {
      const from = performance.now();
      await there(value, codec);
      rounds[kind]?.push(performance.now() - from);
    }
  }
  const bytes = defaultPayloadConverter.toPayload(value)?.data?.byteLength;
  for (const kind of ['none', 'signed', 'encrypted'] as const) {
    const median = quantile(rounds[kind] ?? [], 0.5);
    console.log(
      JSON.stringify({
        bench: 'payloads',
        size,
        bytes,
        mode: kind,
        rounds: rounds[kind]?.length,
        medianMicroseconds: Math.round(median * 10_000) / 10,
        ratio: Math.round((median / quantile(rounds.none ?? [], 0.5)) * 100) / 100,
      }),
    );
  }
}
