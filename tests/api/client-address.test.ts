// Whose request it is for the limits: nobody gets another address by writing it into a header.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientAddress } from '../../api/http/client-address.ts';

test.each<[string, string | undefined, string | null, number, string]>([
  ['the socket', '203.0.113.7', null, 0, '203.0.113.7'],
  ['the socket, whatever a header says', '203.0.113.7', '198.51.100.1', 0, '203.0.113.7'],
  ['IPv4 inside IPv6', '::ffff:203.0.113.7', null, 0, '203.0.113.7'],
  ['the /64 of IPv6', '2001:db8:1:2:3:4:5:6', null, 0, '2001:db8:1:2::/64'],
  ['the /64 of a short IPv6', '2001:db8::1', null, 0, '2001:db8:0:0::/64'],
  ['this machine', '::1', null, 0, '0:0:0:0::/64'],
  ['a zone', 'fe80::1%eth0', null, 0, 'fe80:0:0:0::/64'],
  ['one proxy', '10.0.0.1', '198.51.100.1', 1, '198.51.100.1'],
  ['one proxy, and a lie before it', '10.0.0.1', '1.1.1.1, 198.51.100.1', 1, '198.51.100.1'],
  ['two proxies', '10.0.0.1', '9.9.9.9, 198.51.100.1, 10.0.0.2', 2, '198.51.100.1'],
  ['fewer entries than proxies', '10.0.0.1', '198.51.100.1', 3, '198.51.100.1'],
  ['a proxy that appended nothing', '10.0.0.1', null, 1, '10.0.0.1'],
  ['an entry that is no address', '10.0.0.1', 'unknown', 1, '10.0.0.1'],
  ['a socket that is gone', undefined, null, 0, 'unknown'],
])('%s', (_, socket, header, proxies, expected) => {
  expect(clientAddress(socket, header, proxies)).toBe(expected);
});

test('any header at all gives an address, and without trusted proxies always the same one', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 0, max: 3 }), (header, proxies) => {
      expect(clientAddress('203.0.113.7', header, 0)).toBe('203.0.113.7');
      expect(clientAddress('203.0.113.7', header, proxies)).toMatch(/^[0-9a-f.:]+(\/64)?$/);
    }),
  );
});

test('addresses of one /64 count as one, of different ones apart', () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const one = clientAddress(address, null, 0);
      expect(one).toMatch(/^([0-9a-f]{1,4}:){4}:\/64$|^\d+\.\d+\.\d+\.\d+$/);
    }),
  );
});
