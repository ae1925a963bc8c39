/** Ports that are found now and listened on later, by a server that takes its time to start. */
import { expect, test } from 'vitest';
import { freePorts } from '../../../adapters/temporal-dev-server/ports.ts';

test('free ports are distinct, and none that a connection to elsewhere could take meanwhile', async () => {
  const ports = await freePorts(20);
  expect(new Set(ports).size).toBe(20);
  // From 32768 on Linux gives them to outgoing connections, other systems from 49152 on.
  expect(ports.filter((port) => port < 1_024 || port >= 32_768)).toEqual([]);
});
