// What Sentry says of any of its alerts, as an item.

import type { z } from 'zod';
import type { Reach } from '../../../domain/policy/reach.ts';
import { type Reported, reportedItem } from '../../events/reported.ts';
import { placeOf, type servicesSetting } from '../places-setting.ts';
import type { ReadContext, Reading } from '../webhook.ts';

export type SentrySettings = {
  readonly newIssues: boolean;
  readonly reach: Reach;
  readonly services: z.output<ReturnType<typeof servicesSetting>>;
};

export type Said = Pick<Reported, 'id' | 'status' | 'severity' | 'title' | 'startsAtMs'> & {
  readonly project: string;
  /** Empty: Sentry does not say. */
  readonly environment: string;
  readonly endsAtMs?: number | null;
};

export function readingOf(
  { project, environment, ...said }: Said,
  context: ReadContext<SentrySettings>,
): Reading {
  const place = placeOf(context.settings.services, project || 'sentry');
  const item = reportedItem(
    {
      endsAtMs: null,
      ...said,
      service: place.service,
      environment: place.environment || environment,
      source: 'sentry',
      // Ends of issues are about no environment, and ids of Sentry are unique.
      endsByIdWithin: 'sentry',
    },
    context,
  );
  return { items: [item] };
}
