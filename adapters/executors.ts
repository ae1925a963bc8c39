// The vendors Sentinel can act through, by the `type` that a configuration gives: a folder each, and one line here.

import { docker } from './docker/index.ts';
import type { ExecutorVendor } from './executor-vendor.ts';
import { host } from './host/index.ts';
import { lab } from './lab/index.ts';
import { mock } from './mock/index.ts';

export const executorVendors = { lab, mock, docker, host } satisfies Readonly<Record<string, ExecutorVendor>>;
