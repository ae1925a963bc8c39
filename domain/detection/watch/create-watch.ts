// Which watch a metric gets, from its meaning.

import { matchesGlob } from '../../glob.ts';
import { parseLabels } from '../aggregate/labels.ts';
import type { MetricRule } from '../config.ts';
import { signalOf, stateOf } from '../signals.ts';
import { CapacityWatch, isResource } from './capacity-watch.ts';
import type { MetricSource, MetricWatch } from './context.ts';
import { HintWatch } from './hint-watch.ts';
import { NoteWatch } from './note-watch.ts';
import { ReplicasWatch, RunningWatch } from './replicas-watch.ts';
import { RestartWatch } from './restart-watch.ts';
import { RuleWatch } from './rule-watch.ts';
import { WaitingWatch } from './waiting-watch.ts';

/** The watch of a series, or null when nothing is to be watched (something better covers it). The first rule that fits counts. */
export function createWatch(source: MetricSource, rules: readonly MetricRule[]): MetricWatch | null {
  const rule = signalOf(source.metric);
  const asked = rules.find(
    ({ metric, service }) => matchesGlob(metric, source.metric) && matchesGlob(service, source.service),
  );
  if (asked !== undefined) return new RuleWatch(source, asked, rule);
  switch (rule.role) {
    case 'share':
    case 'usage': {
      const state = stateOf(parseLabels(source.attributes));
      if (state === 'free' && rule.role === 'usage') return new NoteWatch(source, rule, 'free');
      if (state !== null && state !== 'used') return null;
      return isResource(rule.signal) ? new CapacityWatch(source, rule, rule.signal) : null;
    }
    case 'limit':
    case 'free':
    case 'desired':
      return new NoteWatch(source, rule, rule.role);
    case 'available':
      return new ReplicasWatch(source, rule);
    case 'running':
      return new RunningWatch(source, rule);
    case 'waiting':
      return new WaitingWatch(source, rule);
    case 'restarts':
      return new RestartWatch(source, rule);
    case 'level':
      return new HintWatch(source, rule);
    case 'ignored':
      return null;
  }
}
