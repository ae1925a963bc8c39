// What a way to people says of itself: the keys of its configuration, how a channel is made from them, and how `doctor` looks at it.
// adapters/channels.ts lists them: notifiers, of which a configuration may have many, and chats, which have a section of their own.

import type { z } from 'zod';
import type { RefusalAudit } from '../api/http/refusal-audit.ts';
import type { Channel } from '../api/notifications/ports.ts';
import type { Approvals } from '../api/ports/approvals.ts';
import type { EffectSettlement } from '../api/ports/effects.ts';
import type { IncidentReader } from '../api/ports/incidents.ts';
import type { Logger } from '../api/ports/logger.ts';
import type { IncidentMessenger } from '../api/ports/messenger.ts';
import type { Metrics } from '../api/ports/metrics.ts';
import type { Rollbacks, RollbackWorkflows } from '../api/ports/rollbacks.ts';
import type { SignedRequests } from '../api/ports/signed-requests.ts';
import type { Stops } from '../api/ports/stops.ts';
import type { Finding } from '../domain/doctor.ts';
import type { People } from '../domain/policy/people.ts';
import type { Severity } from '../domain/scope.ts';
import type { InClearText, SecretsOf, SecretVariables } from './vendor.ts';

export type ChannelContext = {
  /** Null when nobody can know the address. */
  readonly incidentUrl: (incidentId: string) => string | null;
  readonly nowMs: () => number;
  readonly log: Logger;
};

type Described<Settings> = {
  readonly about: string;
  /** Its own keys; severities, environments, moments and cooldown belong to every channel. */
  readonly settings: Settings;
  /** What is told, and how often, unless the configuration says otherwise. */
  readonly routing: { readonly cooldown: string; readonly severities: readonly Severity[] };
};

/** What every configured notifier has. */
export type Named = { readonly name: string };

export type NotifierParts<Settings> = {
  /** `secret` is empty only where `secretFor` says that none is needed. */
  create(settings: Settings & Named, secret: string, context: ChannelContext): Channel;
  /** What stands in the way of telling people. Tells nobody anything; never throws. */
  doctor(settings: Settings & Named, secret: string): Promise<Finding>;
};

/** Listed under `notifiers`, each with a name of its own, and one secret under that name. */
export type NotifierVendor<Settings extends z.ZodObject = z.ZodObject> = Described<Settings> & {
  /** What its secret is with these settings, such as `a signing secret`; null when it needs none. */
  secretFor(settings: z.output<Settings>): string | null;
  /** Null when nothing crosses the network unencrypted. */
  clearText(settings: z.output<Settings>): InClearText | null;
  /** Loaded when one is configured. */
  load(): Promise<NotifierParts<z.output<Settings>>>;
};

/** What clicks, commands and forms are about, and whose they are. */
export type DecisionsFromChat = {
  readonly people: People;
  readonly incidents: IncidentReader;
  readonly approvals: Approvals;
  readonly stops: Stops;
  readonly effects: EffectSettlement;
  readonly rollbacks: Rollbacks;
  readonly rollbackWorkflows: RollbackWorkflows;
  readonly requests: SignedRequests;
  readonly refusals: Pick<RefusalAudit, 'note'>;
  readonly messenger: IncidentMessenger;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly nowMs: () => number;
};

export type ChatInbound = {
  /** Takes requests over HTTP; null when they come another way. */
  readonly receive: ((request: Request) => Promise<Response>) | null;
  /** Waits for what was acknowledged to be done. */
  stop(): Promise<void>;
};

export type ChatParts<Settings, Secrets> = {
  create(settings: Settings, secrets: Secrets, context: ChannelContext): Channel;
  /** Takes what people decide there; null when that is not configured. */
  receive(settings: Settings, secrets: Secrets, deps: DecisionsFromChat): ChatInbound | null;
  /**
   * What stands in the way of telling people, and of hearing them. Asked when it has a section, or any of its secrets is set.
   * `hasPeople`: somebody is named under `people` with an account there. Tells nobody anything; never throws.
   */
  doctor(settings: Settings | undefined, secrets: Secrets, hasPeople: boolean): Promise<Finding>;
};

/** Has a section of its own, under its key in adapters/channels.ts. */
export type ChatVendor<
  Settings extends z.ZodObject = z.ZodObject,
  Secrets extends SecretVariables = SecretVariables,
> = Described<Settings> & {
  /** As people call it. */
  readonly title: string;
  readonly secrets: Secrets;
  /** Null when nothing crosses the network unencrypted. */
  clearText(settings: z.output<Settings>, secrets: SecretsOf<Secrets>): InClearText | null;
  /** Loaded when it is configured. */
  load(): Promise<ChatParts<z.output<Settings>, SecretsOf<Secrets>>>;
};
