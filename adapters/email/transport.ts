// The way to a mail server, bounded in time: the same for sending and for looking whether it works.

import { createTransport, type Transporter } from 'nodemailer';

export type MailServer = {
  readonly host: string;
  readonly port: number;
  /** `implicit`: TLS from the first byte (port 465); `starttls`: must be upgraded; `none`: never, for a relay on this machine. */
  readonly tls: 'implicit' | 'starttls' | 'none';
  /** Null: no login. */
  readonly auth: { readonly username: string; readonly password: string } | null;
  /** Certificates to trust instead of the system's. */
  readonly ca?: string;
};

const connectMs = 10_000;
const socketMs = 20_000;

export function openTransport({ host, port, tls, auth, ca }: MailServer): Transporter {
  return createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(auth === null ? {} : { auth: { user: auth.username, pass: auth.password } }),
    ...(ca === undefined ? {} : { tls: { ca } }),
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: socketMs,
    // Nothing in a mail is ever read from a file or fetched.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}
