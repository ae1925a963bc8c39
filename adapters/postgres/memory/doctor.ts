// What `doctor` says of vectors in Postgres.

import { type Finding, ok, warning } from '../../../domain/doctor.ts';
import { onServer } from '../database/open.ts';
import { vectorProblemSeen } from '../database/vectors.ts';

const name = 'Memory of incidents';

export async function checkVectors(url: string | undefined): Promise<Finding> {
  if (url === undefined) return ok(name, 'pgvector, embedded');
  const advice =
    'Install pgvector on the server and let a superuser run "create extension vector" in the database; until then Sentinel runs without a memory.';
  try {
    const problem = await onServer(url, vectorProblemSeen);
    return problem === null ? ok(name, 'the server has pgvector') : warning(name, problem, advice);
  } catch (error) {
    return warning(name, error instanceof Error ? error.message : String(error), advice);
  }
}
