// The workflow types of the worker: every exported function becomes one, so each is named here.

export { incident } from './incident.ts';
export { rollback } from './rollback.ts';
