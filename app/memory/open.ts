// The memory of incidents that the configuration names, with what makes its vectors.

import { memoryVendors } from '../../adapters/memories.ts';
import type { MemoryVendor } from '../../adapters/memory-vendor.ts';
import type { Database, KeptEmbeddings } from '../../adapters/postgres/index.ts';
import { createSentenceEmbedder } from '../../adapters/sentences/embedder.ts';
import type { Config } from '../../config/load.ts';
import { secretsOf } from '../../config/secrets.ts';
import { type Finding, ok } from '../../domain/doctor.ts';
import type { Embedder, IncidentMemory } from '../../domain/memory/port.ts';
import { askedModel, missingKey, vendorOf } from '../models/vendors.ts';
import { databaseUrl, type StoresConfig } from '../stores.ts';
import { guardEmbedder, guardedEmbedderDefaults } from './guarded-embedder.ts';

export type MemoryConfig = Pick<Config, 'memory' | 'model' | 'vendorSecrets'>;

export type OpenedMemory = {
  readonly memory: IncidentMemory;
  readonly embedder: Embedder;
  readonly keepMs: number;
  close(): Promise<void>;
};

/** Whether vectors are to be kept in the database of the decisions. */
export function needsVectors({ memory: { enabled, store } }: Pick<Config, 'memory'>): boolean {
  return enabled && memoryVendors[store].inDatabase;
}

/** Null: nothing is remembered. `off` is told why, where it is not as configured. */
export async function openMemory(
  config: MemoryConfig,
  database: Pick<Database, 'db' | 'vectorProblem'>,
  kept: KeptEmbeddings,
  nowMs: () => number,
  off: (reason: string) => void,
): Promise<OpenedMemory | null> {
  if (!config.memory.enabled) return null;
  const { vendor, settings, secrets } = configured(config);
  if (vendor.inDatabase && database.vectorProblem !== null) {
    off(database.vectorProblem);
    return null;
  }
  const made = await embedderOf(config);
  if ('problem' in made) {
    off(made.problem);
    return null;
  }
  const { embedder, close } = made;
  const memory = (await vendor.load()).open(settings, secrets, { database, space: embedder.space });
  return {
    memory,
    embedder: guardEmbedder(embedder, kept, { ...guardedEmbedderDefaults, nowMs }),
    keepMs: config.memory.keepMs,
    async close() {
      await close();
      await memory.close();
    },
  };
}

export async function memoryFinding(config: MemoryConfig & StoresConfig): Promise<Finding> {
  if (!config.memory.enabled) return ok('Memory of incidents', 'off');
  const { vendor, settings, secrets } = configured(config);
  return (await vendor.load()).doctor(settings, secrets, databaseUrl(config));
}

/** The vendor is given the settings that its own schema gave. */
function configured({ memory, vendorSecrets }: MemoryConfig) {
  const vendor = memoryVendors[memory.store] as unknown as MemoryVendor;
  const sections = memory as unknown as Readonly<Record<string, Record<string, unknown>>>;
  return { vendor, settings: sections[memory.store] ?? {}, secrets: secretsOf(vendor, vendorSecrets) };
}

type Made = { readonly embedder: Embedder; close(): Promise<void> } | { readonly problem: string };

async function embedderOf({ memory: { embedding }, model, vendorSecrets }: MemoryConfig): Promise<Made> {
  if (embedding.provider === undefined) {
    const embedder = createSentenceEmbedder();
    return { embedder, close: embedder.close };
  }
  const provider = model.providers.find(({ name }) => name === embedding.provider);
  if (provider === undefined) return { problem: `model.providers has none named ${embedding.provider}` };
  if (!model.texts)
    return { problem: 'model.texts is false: no text leaves this machine, so no provider can embed one' };
  const lacking = missingKey(provider, vendorSecrets);
  if (lacking !== null) return { problem: `${lacking} is not set` };
  const { load, secrets } = vendorOf(provider, vendorSecrets);
  const embeds = (await load()).embedding?.(askedModel(provider), secrets, embedding.model);
  if (embeds === undefined) return { problem: `${provider.name} (${provider.type}) has no embeddings` };
  return {
    embedder: { space: `${provider.type}-${embedding.model}`, embed: embeds },
    close: async () => {},
  };
}
