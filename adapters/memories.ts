// The memories of incidents that Sentinel can use, by the name that a configuration gives: a folder each, and one line here.

import type { MemoryVendor } from './memory-vendor.ts';
import { pgvector } from './postgres/memory/vendor.ts';
import { qdrant } from './qdrant/index.ts';

export const memoryVendors = {
  pgvector,
  qdrant,
} satisfies Readonly<Record<string, MemoryVendor>>;
