// What `doctor` says of a mail server: whether it takes our login, over the encryption that is configured. Sends nothing.

import { type Finding, ok, warning } from '../../domain/doctor.ts';
import { plainLine } from '../../domain/text.ts';
import { type MailServer, openTransport } from './transport.ts';

export async function checkEmail(notifier: string, server: MailServer): Promise<Finding> {
  const name = `Notifier ${notifier}`;
  const where = `${server.host}:${server.port}`;
  const transport = openTransport(server);
  try {
    await transport.verify();
    const { auth } = server;
    return ok(name, `${where} ${auth === null ? 'answers' : `accepts the login of ${auth.username}`}`);
  } catch (error) {
    const { code = '', message = '' } = error as { readonly code?: string; readonly message?: string };
    const reason = plainLine(message, 200);
    const advice = code === 'EAUTH' ? 'Fix its username or password' : 'Fix its host, port or tls';
    return warning(name, `${where}: ${reason}`, `${advice}; until then no mail is sent.`);
  } finally {
    transport.close();
  }
}
