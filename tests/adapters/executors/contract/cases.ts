/** What every executor is tried with, in this order. */
export const caseNames = [
  'observe',
  'promise',
  'preview',
  'begin',
  'begin twice',
  'poll by another process',
  'a worker dies before its call is recorded',
  'a worker dies before its call',
  'a worker dies before the handle is kept',
  'a worker dies while it runs',
  'a worker dies before the outcome is recorded',
  'an answer is lost before the effect',
  'an answer is lost after the effect',
  'cancel',
  'close',
  'revert',
  'revert twice',
  'drift',
  'an unknown target',
  'an empty set',
  'permission denied',
  'throttled',
  'readings lag behind',
] as const;

export type CaseName = (typeof caseNames)[number];

/** What not every vendor has. */
export type OptionalCase = Extract<
  CaseName,
  | 'a worker dies before the handle is kept'
  | 'a worker dies while it runs'
  | 'cancel'
  | 'close'
  | 'revert'
  | 'revert twice'
  | 'an empty set'
  | 'permission denied'
  | 'throttled'
  | 'readings lag behind'
>;
