/** A real SMTP server that keeps what it takes, or refuses it as such servers do. */
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** As it came, but for the soft line breaks of quoted-printable. */
  readonly source: string;
  /** Unfolded headers by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What happens to the next mail instead of being kept. `executed`: kept, and the connection ends without an answer. */
export type MailFault =
  | { readonly at: 'login' | 'recipient' | 'message'; readonly code: number; readonly text: string }
  | 'executed';

export interface MailServer {
  readonly port: number;
  readonly mails: Mail[];
  fail(...faults: readonly MailFault[]): void;
  close(): Promise<void>;
}

export const mailLogin = { username: 'sentinel', password: 'only the two of us' };

export async function startMailServer(
  options: { tls?: { key: string; cert: string } } = {},
): Promise<MailServer> {
  const mails: Mail[] = [];
  const faults: MailFault[] = [];
  const faultAt = (at: 'login' | 'recipient' | 'message'): Error | null => {
    const [fault] = faults;
    if (fault === undefined || fault === 'executed' || fault.at !== at) return null;
    faults.shift();
    return Object.assign(new Error(fault.text), { responseCode: fault.code });
  };
  const settings: SMTPServerOptions = {
    logger: false,
    authOptional: true,
    ...(options.tls === undefined
      ? { disabledCommands: ['STARTTLS'], allowInsecureAuth: true }
      : options.tls),
    onAuth({ username, password }, _session, done) {
      const fault = faultAt('login');
      if (fault !== null) return done(fault);
      if (username !== mailLogin.username || password !== mailLogin.password)
        return done(Object.assign(new Error('Invalid username or password'), { responseCode: 535 }));
      done(null, { user: username });
    },
    onRcptTo: (_address, _session, done) => done(faultAt('recipient') ?? undefined),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const fault = faultAt('message');
        if (fault !== null) return done(fault);
        const { mailFrom, rcptTo } = session.envelope;
        const source = Buffer.concat(chunks).toString().replaceAll('=\r\n', '');
        const from = mailFrom === false ? '' : mailFrom.address;
        mails.push({ from, to: rcptTo.map(({ address }) => address), source, headers: headersOf(source) });
        if (faults[0] !== 'executed') return done();
        faults.shift();
        for (const connection of server.connections) connection.close();
      });
    },
  };
  const server = new SMTPServer(settings);
  server.on('error', () => {}); // of connections that tests break off
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as { port: number };
  return {
    port,
    mails,
    fail: (...more) => void faults.push(...more),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function headersOf(source: string): Record<string, string> {
  const [head = ''] = source.split('\r\n\r\n', 1);
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}
