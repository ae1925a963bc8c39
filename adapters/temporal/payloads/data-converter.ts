// What the SDK is told of payloads, for clients and for workers.

import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { createPayloadCodec, type PayloadProtection } from './codec.ts';

export function dataConverterOf(protection: PayloadProtection, side: 'client' | 'worker'): DataConverter {
  return {
    payloadCodecs: [createPayloadCodec(protection, side)],
    ...(protection.mode === 'encrypted' ? { failureConverterPath } : {}),
  };
}

const failureConverterPath = fileURLToPath(new URL('./failure-converter.ts', import.meta.url));
