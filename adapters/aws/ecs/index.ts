// Amazon ECS as a vendor.

import type { ExecutorVendor } from '../../executor-vendor.ts';
import { settings } from './settings.ts';

export const awsEcs: ExecutorVendor<typeof settings> = {
  typeMeans: 'Services of an Amazon ECS cluster.',
  about: 'Restarts, scales and rolls back the ECS services that it names: [AWS](aws.md).',
  settings,
  async load() {
    const [{ createEcsExecutor }, { checkEcs }, { formatsOf }, { neededRights }, { createEcsReadings }] =
      await Promise.all([
        import('./executor.ts'),
        import('./doctor.ts'),
        import('../permissions.ts'),
        import('./rights.ts'),
        import('./readings.ts'),
      ]);
    return {
      create: (given, clock) => createEcsExecutor(given, clock),
      doctor: (given) => checkEcs(given),
      watch: (given, surroundings) =>
        given.callsPerMinute === 0 ? null : createEcsReadings(given, surroundings),
      permissions: formatsOf(neededRights),
    };
  },
};
