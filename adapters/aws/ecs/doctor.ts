// What stands in the way of acting on ECS services: another account, services that are not there, rights that are missing, and
// rights beyond. Changes nothing.

import { type Finding, warning } from '../../../domain/doctor.ts';
import { checkRights, identityProblem } from '../check.ts';
import { type Credentials, createSessions } from '../session.ts';
import { openEcs } from './api.ts';
import { openAutoScaling } from './auto-scaling.ts';
import { arnsOf, neededRights, readsDefinitions } from './rights.ts';
import type { EcsSettings } from './settings.ts';
import { protectionOf } from './state.ts';
import { lastPart, primaryOf } from './wire.ts';

export async function checkEcs(settings: EcsSettings, base?: Credentials): Promise<Finding> {
  const title = `Executor ${settings.name}`;
  const sessions = createSessions(settings, base);
  const ecs = openEcs(settings, sessions);
  const names = settings.services.map(({ name }) => name);
  try {
    const wrong = await identityProblem(settings, sessions);
    if (wrong !== null) return warning(title, wrong.detail, wrong.advice);
    const found = await ecs.describe(names);
    const absent = names.filter((name) => !found.some(({ serviceName }) => serviceName === name));
    if (absent.length > 0)
      return warning(
        title,
        `cluster ${settings.clusterName ?? settings.cluster} in ${settings.region} has no service ${absent.join(', ')}`,
        'Correct executors[].services; nothing is seen there.',
      );
    const closed = found.filter((service) => protectionOf(settings, service) !== undefined);
    if (closed.length > 0)
      return warning(
        title,
        closed.map((one) => `${one.serviceName}: ${protectionOf(settings, one)}`).join('; '),
        'Tag them, or take them out of executors[].services; nothing acts on them.',
      );
    // Each reading that it needs, once.
    const [first = ''] = names;
    await ecs.tasksOf(first);
    if (settings.actions.includes('rollback-release')) await ecs.releasesOf(first);
    const [definition] = found.flatMap((one) => primaryOf(one)?.taskDefinition ?? []);
    if (readsDefinitions(settings) && definition !== undefined) await ecs.imagesOf(lastPart(definition));
    if (settings.actions.includes('scale'))
      await openAutoScaling(settings, sessions, Date.now).askEach(first);
    const arns = arnsOf(settings);
    return await checkRights(title, settings, sessions, {
      needed: neededRights(settings).filter(({ identity }) => identity === 'write'),
      beyond: [
        { actions: ['ecs:DeleteService'], resources: [arns.service(first)] },
        { actions: ['ecs:UpdateService'], resources: [arns.service('sentinel-no-such-service')] },
        { actions: ['ecs:RunTask', 'ecs:RegisterTaskDefinition'], resources: ['*'] },
      ],
      about: `${names.length} of ${names.length} services found in ${settings.region}`,
    });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return warning(
      title,
      said,
      `Correct it, then run "sentinel doctor" again: "sentinel executor permissions ${settings.name}" prints the rights it needs.`,
    );
  }
}
