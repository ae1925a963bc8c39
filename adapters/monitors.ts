// The systems that watch others and can be asked, by the name of their list under `ingest`: a folder each, and one line here.

import { alertmanagers } from './alertmanager/index.ts';
import { cloudwatch } from './aws/cloudwatch/index.ts';
import { loki } from './loki/index.ts';
import type { MonitorVendor } from './monitor-vendor.ts';
import { prometheus } from './prometheus/index.ts';

export const monitorVendors = {
  alertmanagers,
  cloudwatch,
  loki,
  prometheus,
} satisfies Readonly<Record<string, MonitorVendor>>;
