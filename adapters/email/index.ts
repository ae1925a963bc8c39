// E-mail as a way to people.

import { z } from 'zod';
import { isThisMachine } from '../../domain/net-address.ts';
import type { NotifierVendor } from '../channel-vendor.ts';

const mailAddress = z
  .string()
  .max(320)
  .regex(
    /^[^\p{Cc}]*[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$|^[^\p{Cc}<>]*<[^\s@<>\p{Cc}]+@[^\s@<>\p{Cc}]+>$/u,
    'expected an e-mail address',
  );

const settings = z.strictObject({
  host: z.string().min(1).max(253).describe('SMTP server.'),
  port: z.int().min(1).max(65_535).default(587).describe('SMTP port.'),
  tls: z
    .enum(['starttls', 'implicit', 'none'])
    .default('starttls')
    .describe('`implicit` is TLS from the start (port 465). Use `none` only for a relay on this machine.'),
  username: z.string().min(1).optional().describe('User name. If not set, Sentinel does not log in.'),
  from: mailAddress.describe('Sender address.'),
  to: z.array(mailAddress).min(1).max(50).describe('Recipient addresses.'),
});

export const email: NotifierVendor<typeof settings> = {
  about: 'E-mail over SMTP. The secret is the password for `username`.',
  settings,
  routing: { cooldown: '5m', severities: ['warning', 'critical'] },
  secretFor: ({ username }) => (username === undefined ? null : `the password for ${username}`),
  clearText: ({ host, tls, username }) =>
    tls === 'none' && username !== undefined && !isThisMachine(host)
      ? { key: 'tls', what: `the password for ${username}` }
      : null,
  async load() {
    const [{ createEmailChannel }, { checkEmail }] = await Promise.all([
      import('./channel.ts'),
      import('./doctor.ts'),
    ]);
    return {
      create: ({ name, from, to, ...server }, password, { incidentUrl }) =>
        createEmailChannel({ name, ...serverOf(server, password), from, to, incidentUrl }),
      doctor: ({ name, ...server }, password) => checkEmail(name, serverOf(server, password)),
    };
  },
};

type Server = Pick<z.output<typeof settings>, 'host' | 'port' | 'tls' | 'username'>;

function serverOf({ host, port, tls, username }: Server, password: string) {
  return { host, port, tls, auth: username === undefined ? null : { username, password } };
}
