// How an incident takes its time. Every run keeps the numbers it was started with
// (`IncidentSettings` of workflows/messages.ts).

import { z } from 'zod';
import { duration } from '../duration.ts';

export const incidentSchema = z
  .strictObject({
    settle: duration('0s', '10m')
      .prefault('3s')
      .describe('How long to collect more anomalies before the first diagnosis.'),
    actAfter: duration('0s', '1h')
      .prefault('15s')
      .describe(
        'How long a symptom must last before Sentinel acts on it. Most spikes end sooner. Diagnosis, planning and approval do not wait for it.',
      ),
    maxAttempts: z
      .int()
      .min(1)
      .max(10)
      .default(3)
      .describe('Plans to try before the incident is handed to a person.'),
    verifyInterval: duration('100ms', '10m')
      .prefault('2s')
      .describe('Time between checks of the symptom after an action.'),
    verifyTimeout: duration('1s', '24h')
      .prefault('60s')
      .describe('How long a symptom may take to clear after an action before the action counts as failed.'),
    slowVerifyTimeout: duration('1s', '24h')
      .prefault('1h')
      .describe(
        'The limit for telemetry with a long sample interval. Verification needs several samples: at one every 60s, about ten minutes. If even this is not enough, the result is `unverified` and people are asked.',
      ),
    hold: duration('1s', '7d')
      .prefault('30m')
      .describe(
        'How long a change stays in place and is re-checked while its result is `unverified` (no samples, no history). People are asked at once: taking over keeps the change, aborting undoes it. After that the incident is handed to a person and the change stays in place.',
      ),
    selfRecovery: duration('1s', '24h')
      .prefault('8s')
      .describe(
        'How long a symptom must be gone, before any action, to close the incident as self-recovered.',
      ),
    staysAway: duration('1s', '24h')
      .prefault('60s')
      .describe(
        'How long an alert, or the symptom of an incident handed to a person, must stay clear before the incident closes.',
      ),
    flappingStaysAway: duration('1s', '7d')
      .prefault('5m')
      .describe(
        'The same for alerts that have come back before: a flapping alert stays one incident and notifies once when it ends.',
      ),
    followsWithin: duration('1s', '7d')
      .prefault('1h')
      .describe(
        'A symptom that comes back within this time after its incident closed is the same problem again: the new incident names the one it follows and counts the times, and a fix that did not last is not repeated without approval.',
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
    followsWithinMs: rest.followsWithin,
    staysAwayMs: rest.staysAway,
    flappingStaysAwayMs: rest.flappingStaysAway,
  }))
  .describe('Timing and limits of an incident.');
