// Which events bring a PagerDuty incident to where ours is. Pure.

import { type Briefing, forGoodText, stepLine } from '../../domain/incident/briefing.ts';

export type PagerDutyEvent = {
  readonly event_action: 'trigger' | 'acknowledge' | 'resolve';
  readonly dedup_key: string;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly links?: readonly { readonly href: string; readonly text: string }[];
  readonly client?: string;
  readonly client_url?: string;
};

/** Longest that PagerDuty takes. */
const longestSummary = 1024;

/** What PagerDuty is to know, as one word: the same again needs no event. */
export function stateOf(briefing: Briefing): string {
  const { outcome, approval, held, severity, ending } = briefing;
  if (ending !== null && ending.end !== null) return `${outcome}/${ending.end}`;
  if (outcome !== null) return outcome;
  if (held !== null) return 'held';
  if (approval?.outcome === 'pending')
    return `approval/${approval.planHash}${approval.round > 1 ? `/${approval.round}` : ''}`;
  if (approval?.outcome === 'granted') return `granted/${approval.planHash}`;
  return `open/${severity}`;
}

export type Page = {
  /** Of the page that the incident belongs to. */
  readonly key: string;
  /** Nobody was paged for this incident yet, as far as is known. */
  readonly first: boolean;
  /** Nobody is to be paged for it: it belongs to a page that people have had. */
  readonly quiet: boolean;
  /** A later incident has the page by now, and ends it. */
  readonly continued: boolean;
  /** Why people are paged again. */
  readonly because: string | null;
  readonly url: string | null;
};

/** In order. */
export function eventsFor(briefing: Briefing, page: Page): readonly PagerDutyEvent[] {
  const { outcome, approval, held, ending } = briefing;
  const { key, first, quiet, continued } = page;
  const resolve = continued ? [] : [{ event_action: 'resolve', dedup_key: key } as const];
  // A person had it, and it is over.
  if (ending !== null && ending.end !== null) return resolve;
  const trigger = triggerOf(briefing, page);
  const acknowledge = { event_action: 'acknowledge', dedup_key: key } as const;
  switch (outcome) {
    case 'resolved':
    case 'self-recovered':
    case 'suppressed':
      // Unknown there: it changes nothing.
      return resolve;
    case 'escalated':
      return quiet ? [] : [trigger];
    case 'taken-over':
    case 'aborted':
      // A person has it; the symptom may still be there, so it is theirs to resolve.
      return first && !quiet ? [trigger, acknowledge] : [acknowledge];
    case null:
      if (quiet) return [];
      if (held !== null) return [trigger];
      return approval?.outcome === 'granted' ? (first ? [trigger, acknowledge] : [acknowledge]) : [trigger];
  }
}

function triggerOf(briefing: Briefing, { key, because, url }: Page): PagerDutyEvent {
  const { title, severity, environment, service, openedAtMs } = briefing;
  return {
    event_action: 'trigger',
    dedup_key: key,
    payload: {
      summary: `${lead(briefing)}${title} (${environment}/${service})`.slice(0, longestSummary),
      source: `${environment}/${service}`,
      severity,
      timestamp: new Date(openedAtMs).toISOString(),
      component: service,
      group: environment,
      class: 'incident',
      custom_details: { ...detailsOf(briefing), ...(because === null ? {} : { pagedAgain: because }) },
    },
    client: 'Sentinel',
    ...(url === null ? {} : { client_url: url, links: [{ href: url, text: 'The incident in Sentinel' }] }),
  };
}

function lead({ outcome, approval, held }: Briefing): string {
  if (outcome === 'escalated') return 'Needs a person: ';
  return held !== null || approval?.outcome === 'pending' ? 'Needs a decision: ' : '';
}

function detailsOf(briefing: Briefing): Record<string, unknown> {
  const { symptoms, diagnosis, plan, approval, leftPaused, ending } = briefing;
  const [best] = diagnosis?.hypotheses ?? [];
  return {
    symptoms: symptoms.map(({ text }) => text),
    ...(best === undefined ? {} : { cause: `${best.cause} in ${best.service}: ${best.reason}` }),
    ...(plan === null ? {} : { plan: plan.steps.map(stepLine), risk: plan.risk }),
    ...(plan === null || forGoodText(plan) === '' ? {} : { forGood: forGoodText(plan) }),
    ...(approval === null
      ? {}
      : {
          approval: {
            role: approval.role,
            deadline: new Date(approval.deadlineMs).toISOString(),
            ...(approval.because === null ? {} : { because: approval.because }),
          },
        }),
    ...(leftPaused.length === 0 ? {} : { leftPaused }),
    ...(ending === null ? {} : { ending: ending.reason }),
  };
}
