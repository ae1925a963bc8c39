// What instances have said of themselves, as ingest has noted it, for whoever has to find them.

import { expect, test } from 'vitest';
import { describeStores } from '../../support/stores.ts';
import { unique } from './fixtures.ts';

await describeStores('known resources', (use) => {
  test('are those of the environment and the services that are asked for', async () => {
    const { telemetryNotes, resources } = use().stores;
    const [environment, other] = [unique('env'), unique('env')];
    const row = (of: string, service: string, name: string) => ({
      environment: of,
      service,
      resourceId: name,
      attributes: { 'k8s.pod.name': name },
    });
    const rows = [row(environment, 'a', 'a-1'), row(environment, 'b', 'b-1'), row(other, 'a', 'a-2')];
    await telemetryNotes.resources(rows);
    expect(await resources.of(environment, ['a', 'c'])).toEqual([rows[0]]);
    expect(await resources.of(environment, [])).toEqual([]);
    const all = await resources.of(environment, null);
    expect(all.toSorted((one, two) => one.service.localeCompare(two.service))).toEqual(rows.slice(0, 2));
  });
});
