// What nothing is ever sent to, however it is written.

import { expect, test } from 'vitest';
import { isMetadataHost } from '../../domain/net-address.ts';

const hostOf = (host: string) => (host.includes('/') ? new URL(host).hostname : host);

test.each([
  '169.254.169.254',
  '169.254.170.2',
  '[fd00:ec2::254]',
  'fd00:0ec2:0:0:0:0:0:254',
  'fe80::1%eth0',
  '[::ffff:169.254.169.254]',
  'http://[::ffff:169.254.169.254]/',
  'http://2852039166/latest',
  'http://0xa9fea9fe/',
  'http://169.254.43518/',
  '100.100.100.200',
  'metadata.google.internal',
  'METADATA.google.internal.',
  'instance-data.ec2.internal',
])('%s is one', (host) => {
  expect(isMetadataHost(hostOf(host))).toBe(true);
});

test.each([
  '169.25.169.254',
  '10.0.0.1',
  '127.0.0.1',
  'metadata.example.com',
  'hooks.example.com',
  '[::1]',
  'fd00::254',
  '',
  'feb.example.com',
])('%s is none', (host) => {
  expect(isMetadataHost(host)).toBe(false);
});
