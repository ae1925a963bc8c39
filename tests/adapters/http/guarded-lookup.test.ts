// A name is judged by where it leads when it is connected to.

import { expect, test, vi } from 'vitest';
import { postJson } from '../../../adapters/http/post-json.ts';
import { leadsTo } from './fake-dns.ts';

vi.mock('node:dns', async (original) =>
  (await import('./fake-dns.ts')).fakeDns(await original<typeof import('node:dns')>()),
);

const post = (url: string) => postJson(url, '{}', { signal: AbortSignal.timeout(60_000) });

test.each(['169.254.169.254', 'fd00:ec2::254', '::ffff:169.254.169.254', '169.254.170.2'])(
  'a harmless name that leads to %s is not connected to',
  async (address) => {
    leadsTo.set('hooks.example.com', address);
    await expect(post('http://hooks.example.com/alerts')).rejects.toThrow(/leads to .*metadata service/);
    await expect(post('https://hooks.example.com/alerts')).rejects.toThrow(/leads to .*metadata service/);
  },
);

test.each([
  'http://169.254.169.254/latest/meta-data',
  'http://2852039166/',
  'http://metadata.google.internal/',
  'http://[fd00:ec2::254]/',
])('%s is refused without looking', async (url) => {
  await expect(post(url)).rejects.toThrow(/metadata service/);
});
