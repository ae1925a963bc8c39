// TemporalPayloads for the API: opens what some client or worker sealed, wherever it belongs.

import type { TemporalPayloads, WirePayload } from '../../../api/ports/temporal-payloads.ts';
import type { PayloadKeys } from './keys.ts';
import { open } from './seal.ts';

export function createPayloadOpener(keys: PayloadKeys, namespace: string): TemporalPayloads {
  return {
    namespace,
    async open(payloads) {
      return payloads.map((wire) => {
        const { metadata = {}, data = '' } = wire;
        const bytes = Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]);
        const opened = open({ metadata: Object.fromEntries(bytes), data: Buffer.from(data, 'base64') }, keys);
        return opened.ok ? toWire(opened.payload) : wire;
      });
    },
  };
}

function toWire({ metadata, data }: { metadata?: object | null; data?: Uint8Array | null }): WirePayload {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value as Uint8Array)]);
  return { metadata: Object.fromEntries(entries), data: base64(data ?? new Uint8Array()) };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
