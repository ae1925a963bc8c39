// Qdrant as a memory of incidents.

import { z } from 'zod';
import { isClearText } from '../../domain/net-address.ts';
import type { MemoryVendor } from '../memory-vendor.ts';
import { reached } from '../network/reach.ts';
import { urlWithoutPassword } from '../network/settings.ts';
import { wrongWithApiKey } from '../vendor.ts';

const settings = z.strictObject({
  url: urlWithoutPassword(
    /^https?$/,
    'SENTINEL_QDRANT_API_KEY',
    'expected a URL such as "http://qdrant.internal:6333"',
  )
    .default('http://127.0.0.1:6333')
    .describe('URL of the Qdrant server (its REST API).'),
  collection: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,60}$/, 'expected letters, digits, _ and -')
    .default('sentinel-incidents')
    .describe('Collections are called this, and the name of the embedding.'),
  timeoutMs: z.int().min(100).max(60_000).default(5_000).describe('Timeout of one request.'),
});

const secrets = {
  apiKey: {
    variable: 'SENTINEL_QDRANT_API_KEY',
    about: 'API key for `memory.qdrant`.',
    wrongWith: wrongWithApiKey,
  },
};

export const qdrant: MemoryVendor<typeof settings, typeof secrets> = {
  storeMeans: 'A Qdrant server.',
  settings,
  secrets,
  inDatabase: false,
  clearText: ({ url }, { apiKey }) =>
    apiKey !== null && isClearText(url) ? { key: 'url', what: 'the Qdrant API key' } : null,
  async load() {
    const { createQdrantMemory } = await import('./memory.ts');
    return {
      open: (given, { apiKey }, { space }) => createQdrantMemory({ ...given, apiKey, space }),
      doctor: ({ url }) =>
        reached(
          'Memory of incidents',
          url,
          'Qdrant at ',
          'Start it, or fix memory.qdrant.url; until then Sentinel runs without a memory.',
        ),
    };
  },
};
