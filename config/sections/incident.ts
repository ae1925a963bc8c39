// How an incident takes its time. Every run keeps the numbers it was started with
// (`IncidentSettings` of workflows/messages.ts).

import { z } from 'zod';
import { duration } from '../duration.ts';

export const incidentSchema = z
  .strictObject({
    settle: duration('0s', '10m')
      .prefault('3s')
      .describe('How long to gather further anomalies before the first diagnosis.'),
    actAfter: duration('0s', '1h')
      .prefault('15s')
      .describe(
        'How long a symptom must have lasted before anything is done about it. Most spikes are over sooner; analysis, plan and approval do not wait for it.',
      ),
    maxAttempts: z
      .int()
      .min(1)
      .max(10)
      .default(3)
      .describe('How many plans are tried before the incident goes to a person.'),
    verifyInterval: duration('100ms', '10m')
      .prefault('2s')
      .describe('Pause between two looks at the symptom after an action.'),
    verifyTimeout: duration('1s', '24h')
      .prefault('60s')
      .describe(
        'How long a symptom may take to go away after an action before the action counts as no help.',
      ),
    slowVerifyTimeout: duration('1s', '24h')
      .prefault('1h')
      .describe(
        'The same where telemetry comes slowly: an answer needs several samples, so an interval of 60s takes about ten minutes. A longer need is cut to this; then nobody can tell, and people are asked.',
      ),
    hold: duration('1s', '7d')
      .prefault('30m')
      .describe(
        'How long a change stays and is looked at when nobody can tell whether it helped (no samples, no history). People are asked at once: taking over keeps it, aborting undoes it. After that the incident goes to a person, and the change still stays.',
      ),
    selfRecovery: duration('1s', '24h')
      .prefault('8s')
      .describe(
        'How long a symptom must stay gone, before any action, to close the incident as self-recovered.',
      ),
    staysAway: duration('1s', '24h')
      .prefault('60s')
      .describe(
        'How long an alert, or anything that was handed to a person, must stay away before its incident ends.',
      ),
    flappingStaysAway: duration('1s', '7d')
      .prefault('5m')
      .describe(
        'The same for what has come back before: a flapping alert stays one incident, and its end is told once.',
      ),
    watch: duration('1s', '7d')
      .prefault('60s')
      .describe('How long to watch an incident that needs no action before handing it to a person.'),
  })
  .refine((incident) => incident.verifyInterval <= incident.verifyTimeout, {
    path: ['verifyInterval'],
    error: 'must not be longer than verifyTimeout',
  })
  .transform(({ settle, actAfter, verifyInterval, verifyTimeout, selfRecovery, watch, ...rest }) => ({
    settleMs: settle,
    actAfterMs: actAfter,
    maxAttempts: rest.maxAttempts,
    verifyIntervalMs: verifyInterval,
    verifyTimeoutMs: verifyTimeout,
    slowVerifyTimeoutMs: rest.slowVerifyTimeout,
    holdMs: rest.hold,
    selfRecoveryMs: selfRecovery,
    watchMs: watch,
    staysAwayMs: rest.staysAway,
    flappingStaysAwayMs: rest.flappingStaysAway,
  }))
  .describe('The life of an incident.');
