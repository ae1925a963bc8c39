// Mail over SMTP. Every mail has an id made from incident and event, so that servers and programs recognise one that was
// sent again, and refers to the first one of its incident, or of the incident that it follows, so that they stand together.

import { createHash } from 'node:crypto';
import type { Channel, ChannelMemory, Delivery, DeliveryResult } from '../../api/notifications/ports.ts';
import { emailMessage } from './message.ts';
import { type MailServer, openTransport } from './transport.ts';

export type EmailOptions = MailServer & {
  readonly name: string;
  readonly from: string;
  readonly to: readonly string[];
  /** Null when nobody can know the address. */
  readonly incidentUrl: (incidentId: string) => string | null;
};

export function createEmailChannel(options: EmailOptions): Channel {
  const { name, from, to, incidentUrl } = options;
  const transport = openTransport(options);
  const domain = from.replace(/^.*@/, '').replace(/[^A-Za-z0-9.-]/g, '') || 'sentinel';

  async function deliver({ briefing, events, moments, ...rest }: Delivery): Promise<DeliveryResult> {
    const { incidentId } = briefing;
    const seq = events.at(-1)?.seq ?? 0;
    const messageId = idOf(incidentId, String(seq), domain);
    const message = emailMessage(briefing, moments, incidentUrl(incidentId));
    // Mail programs thread by the subject, too, and titles change.
    const first = { root: messageId, subject: message.subject };
    const { root, subject } = remembered(rest.memory) ?? remembered(rest.conversation?.memory) ?? first;
    try {
      await transport.sendMail({
        from,
        to: [...to],
        ...message,
        subject,
        messageId,
        ...(root === messageId ? {} : { inReplyTo: root, references: root }),
        // So that no holiday answers come back (RFC 3834).
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Sentinel-Incident': incidentId },
      });
      return { kind: 'delivered', memory: { root, subject } };
    } catch (error) {
      return problem(error, options);
    }
  }

  return { name, title: `mail ${name}`, follows: 'moments', deliver };
}

/** The message that the conversation began with: of this incident, or of the first with the same symptom. */
function remembered(memory: ChannelMemory | null | undefined): { root: string; subject: string } | null {
  const { root, subject } = memory ?? {};
  return typeof root === 'string' && typeof subject === 'string' ? { root, subject } : null;
}

function idOf(incidentId: string, part: string, domain: string): string {
  const digest = createHash('sha256').update(`${incidentId}\n${part}`).digest('hex').slice(0, 32);
  return `<${digest}@${domain}>`;
}

/** 4xx and lost connections pass; a login, an address or a certificate is repaired by a person; 5xx of the message is final. */
function problem(error: unknown, { host, port }: EmailOptions): DeliveryResult {
  const { code = '', responseCode = 0, message = '' } = error as SmtpError;
  const reason = `mail server ${host}:${port}: ${message.replace(/\s+/g, ' ').slice(0, 200)}`;
  if (code === 'EAUTH')
    return { kind: responseCode >= 400 && responseCode < 500 ? 'retry' : 'blocked', reason };
  if (responseCode < 500) return { kind: 'retry', reason };
  return { kind: code === 'EENVELOPE' ? 'blocked' : 'refused', reason };
}
type SmtpError = { readonly code?: string; readonly responseCode?: number; readonly message?: string };
