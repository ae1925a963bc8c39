// How far watched systems have been read.

import { expect, test } from 'vitest';
import { describeStores } from '../../support/stores.ts';

await describeStores('how far a watched system was read', (use) => {
  test('is known by system and environment, the newest that was kept', async () => {
    const { watchPositions } = use().stores;
    expect(await watchPositions.last('loki/main', 'production')).toBeNull();
    await watchPositions.keep('loki/main', 'production', '5');
    await watchPositions.keep('loki/main', 'staging', '7');
    await watchPositions.keep('loki/main', 'production', '6');
    expect(await watchPositions.last('loki/main', 'production')).toBe('6');
    expect(await watchPositions.last('loki/main', 'staging')).toBe('7');
  });
});
