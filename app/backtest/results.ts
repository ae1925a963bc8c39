// What a backtest found.

import type { Reason } from '../../domain/detection/scoring/reasons.ts';
import type { Stretch } from './thinned.ts';

export type Alarm = {
  readonly at: string;
  readonly atMs: number;
  readonly value: string;
  readonly score: number;
  readonly reasons: readonly Reason[];
};

export type JudgedSeries = {
  readonly name: string;
  readonly rows: number;
  readonly alarms: readonly Alarm[];
  /** Rows that were an alarm, with those that are left out of `alarms`. */
  readonly alarmRows: number;
  readonly stretches: readonly Stretch[];
};

export type UnreadInput = { readonly name: string; readonly reason: string };
