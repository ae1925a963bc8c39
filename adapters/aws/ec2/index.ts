// Amazon EC2 as a vendor.

import type { ExecutorVendor } from '../../executor-vendor.ts';
import { settings } from './settings.ts';

export const awsEc2: ExecutorVendor<typeof settings> = {
  typeMeans: 'Instances of Amazon EC2.',
  about: 'Reboots, stops and starts the EC2 instances that it names, by id and by tag: [AWS](aws.md).',
  settings,
  async load() {
    const [{ createEc2Executor }, { checkEc2 }, { formatsOf }, { neededRights }, { createEc2Readings }] =
      await Promise.all([
        import('./executor.ts'),
        import('./doctor.ts'),
        import('../permissions.ts'),
        import('./rights.ts'),
        import('./readings.ts'),
      ]);
    return {
      create: (given, clock) => createEc2Executor(given, clock),
      doctor: (given) => checkEc2(given),
      watch: (given, surroundings) =>
        given.callsPerMinute === 0 ? null : createEc2Readings(given, surroundings),
      permissions: formatsOf(neededRights),
    };
  },
};
