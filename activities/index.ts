// The activities of the incident workflow, wired: one function, so that a reader sees what each of them works with.

import { setTimeout as sleep } from 'node:timers/promises';
import type { ActivityDeps } from './deps.ts';
import { createDraftPostmortem } from './draft-postmortem.ts';
import { createEnrich } from './enrich.ts';
import { createEvaluatePolicy } from './evaluate-policy.ts';
import { createExecute } from './execute.ts';
import { withFailures } from './failures.ts';
import { tellWithHeartbeats, withHeartbeats } from './heartbeats.ts';
import { lookUpDefaults } from './look-up.ts';
import { createMakePlan } from './make-plan.ts';
import { createModelTurn } from './model-turn.ts';
import { createPassGate } from './pass-gate.ts';
import { createRecordEvents } from './record-events.ts';
import { createRecords } from './records.ts';
import type { Activities } from './types.ts';
import { createVerify } from './verify.ts';

export type { ActivityDeps } from './deps.ts';

/** Everything a worker needs to serve incidents. Errors leave as ApplicationFailures, logged with their incident. */
export function createActivities(deps: ActivityDeps): Activities {
  const timings = { ...lookUpDefaults, nowMs: deps.clock.nowMs, sleep: (ms: number) => sleep(ms) };
  const activities: Activities = {
    ...createRecords(deps),
    recordEvents: createRecordEvents(deps),
    enrich: createEnrich(deps),
    modelTurn: createModelTurn(deps),
    makePlan: createMakePlan(deps),
    evaluatePolicy: createEvaluatePolicy(deps),
    passGate: createPassGate(deps),
    execute: createExecute({ ...deps, timings, tell: tellWithHeartbeats }),
    verify: createVerify(deps),
    draftPostmortem: createDraftPostmortem(deps),
  };
  return withHeartbeats(withFailures(activities, deps.logger));
}
