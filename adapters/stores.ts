// The stores that Sentinel stands on, by the name of their section in a configuration: a folder each, and one line here.

import { clickhouse } from './clickhouse/index.ts';
import { postgres } from './postgres/vendor.ts';
import type { StoreVendor } from './store-vendor.ts';

export const storeVendors = {
  postgres,
  clickhouse,
} satisfies Readonly<Record<string, StoreVendor>>;
