// What the rules of a system show of an incident's services, over the time around its onset.

import type { OutsideQuestion } from '../../activities/ports/outside.ts';
import { mostOutsideSeries, type OutsideSeries } from '../../domain/diagnosis/outside.ts';
import type { Monitored } from '../monitor-vendor.ts';
import { QueryRefused, type RuleApi } from './api.ts';
import type { Rule } from './rules.ts';
import { createSubjectReader, type SubjectSettings } from './subject.ts';

const mostRules = 20;
const points = 60;
const leastStepSeconds = 15;

export type Shown = { readonly series: readonly OutsideSeries[]; readonly problem: string | null };

/** Of rules by a limit: the others show nothing but that they fire. */
export async function lookByRules(
  settings: Pick<Monitored, 'environments'> & { readonly labels: SubjectSettings },
  rules: readonly Rule[],
  api: RuleApi,
  question: OutsideQuestion,
  signal: AbortSignal,
): Promise<Shown> {
  const numeric = rules.filter(({ fires }) => fires === 'above' || fires === 'below').slice(0, mostRules);
  const subjectOf = createSubjectReader(settings.labels);
  const [defaultEnvironment = ''] = settings.environments;
  const { environment, services, fromMs, toMs } = question;
  const aheadMs = api.aheadMs();
  const stepSeconds = Math.max(leastStepSeconds, Math.ceil((toMs - fromMs) / 1_000 / points));
  const range = {
    fromSeconds: Math.floor((fromMs + aheadMs) / 1_000),
    toSeconds: Math.ceil((toMs + aheadMs) / 1_000),
    stepSeconds,
  };
  let problem: string | null = null;

  async function seriesOf(rule: Rule): Promise<readonly (OutsideSeries & { readonly order: number })[]> {
    try {
      const courses = await api.range(rule.query, range, signal);
      return courses.flatMap(({ labels, points: its }) => {
        const scope = subjectOf(rule, labels, defaultEnvironment);
        const order = services.indexOf(scope.service);
        if (scope.environment !== environment || order < 0) return [];
        const told = its.map(({ atMs, value }) => ({ atMs: atMs - aheadMs, value }));
        return [{ service: scope.service, name: rule.metric?.name ?? rule.name, points: told, order }];
      });
    } catch (error) {
      if (!(error instanceof QueryRefused)) throw error;
      problem ??= `rule ${rule.name}: ${error.message}`;
      return [];
    }
  }

  const all = (await Promise.all(numeric.map(seriesOf))).flat().sort((a, b) => a.order - b.order);
  if (all.length > mostOutsideSeries)
    problem ??= `${all.length} series, of which ${mostOutsideSeries} are kept`;
  return { series: all.slice(0, mostOutsideSeries).map(({ order: _, ...series }) => series), problem };
}
