// Why an executor did not do something, as a closed set: what to do about it depends on nothing else.

export const refusalCodes = [
  'unknown-target',
  'not-supported',
  'invalid',
  'permission-denied',
  'expired-credentials',
  'throttled',
  'changed-meanwhile',
  'overtaken',
  'too-late',
  'protected',
  'owned',
  'dry-run',
  'unreachable',
  'refused-by-vendor',
] as const;
export type RefusalCode = (typeof refusalCodes)[number];
