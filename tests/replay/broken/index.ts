/** The incident workflow with a timer before everything else: histories of the real one must not replay with it. */
import { sleep } from '@temporalio/workflow';
import { incident as real } from '../../../workflows/incident.ts';

export async function incident(...args: Parameters<typeof real>): ReturnType<typeof real> {
  await sleep(1_000);
  return real(...args);
}
