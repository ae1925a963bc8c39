/** The workflows with a timer before everything else: histories of the real ones must not replay with them. */
import { sleep } from '@temporalio/workflow';
import { incident as realIncident } from '../../../workflows/incident.ts';
import { rollback as realRollback } from '../../../workflows/rollback.ts';

export async function incident(...args: Parameters<typeof realIncident>): ReturnType<typeof realIncident> {
  await sleep(1_000);
  return realIncident(...args);
}

export async function rollback(...args: Parameters<typeof realRollback>): ReturnType<typeof realRollback> {
  await sleep(1_000);
  return realRollback(...args);
}
