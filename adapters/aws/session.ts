// As whom AWS is asked. Reading and effects have identities of their own; each effect gets a session that may do this one
// thing for 15 minutes, under the id of its intent, so that CloudTrail tells the same story as the audit.

import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { sendToleranceMs } from '../../domain/remediation/limits.ts';
import { AwsError, reading, refused, within } from './answers.ts';
import { type Condition, policyOf, type Right } from './rights.ts';
import type { AwsSettings } from './settings.ts';

export type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
};

/** Undefined: what the SDK finds by itself. */
export type CredentialSource = (() => Promise<Credentials>) | undefined;

/** The shortest that AWS gives out. */
const effectSeconds = 900;
const readSeconds = 3_600;

export type EffectSession = Pick<Right, 'actions' | 'resources'> & {
  /** What CloudTrail will show. */
  readonly name: string;
  /** AWS itself refuses the call when this has passed, whoever stood still meanwhile. Absent: as long as the session lasts. */
  readonly notAfterMs?: number;
};

export type Sessions = {
  /** For clients that read; renewed by the SDK before it ends. */
  readonly reader: CredentialSource;
  /** Throws an `AwsError`: without a session nothing was sent. */
  forEffect(wanted: EffectSession, signal?: AbortSignal): Promise<Credentials>;
  /** The ARN that is behind an identity. */
  callerOf(identity: 'read' | 'write', signal?: AbortSignal): Promise<{ account: string; arn: string }>;
};

/** `base`: in place of what the SDK finds by itself. */
export function createSessions(settings: AwsSettings, base?: Credentials): Sessions {
  const timeoutMs = settings.timeoutSeconds * 1_000;
  const { readRole, writeRole } = settings;
  const stsOf = (credentials?: Credentials | CredentialSource) =>
    new STSClient({ ...clientOptions(settings, settings.endpoints.sts, credentials) });

  const own = async (signal?: AbortSignal): Promise<Credentials> => {
    if (base !== undefined) return base;
    const { credentials } = stsOf().config;
    return reading('finding AWS credentials', () => within(timeoutMs, signal, () => credentials()));
  };

  async function assume(
    role: string,
    more: { sessionName: string; seconds: number; policy?: string },
    signal?: AbortSignal,
  ): Promise<Credentials> {
    const what = `assuming ${role}`;
    const { Credentials: given } = await reading(what, async () =>
      within(timeoutMs, signal, (abortSignal) =>
        once(stsOf(base), (client) =>
          client.send(
            new AssumeRoleCommand({
              RoleArn: role,
              RoleSessionName: more.sessionName,
              DurationSeconds: more.seconds,
              ...(more.policy === undefined ? {} : { Policy: more.policy }),
            }),
            { abortSignal },
          ),
        ),
      ),
    );
    if (given?.AccessKeyId === undefined || given.SecretAccessKey === undefined)
      throw new AwsError(refused('unreachable', `${what}: an answer without credentials`), null);
    return {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: given.SecretAccessKey,
      ...(given.SessionToken === undefined ? {} : { sessionToken: given.SessionToken }),
      ...(given.Expiration === undefined ? {} : { expiration: given.Expiration }),
    };
  }

  const reader: CredentialSource =
    readRole === undefined
      ? base === undefined
        ? undefined
        : async () => base
      : () => assume(readRole, { sessionName: 'sentinel-read', seconds: readSeconds });

  return {
    reader,

    forEffect({ name, actions, resources, notAfterMs }, signal) {
      if (writeRole === undefined) return own(signal);
      const right = {
        actions,
        resources,
        ...(notAfterMs === undefined ? {} : { condition: before(notAfterMs + sendToleranceMs) }),
      };
      const policy = JSON.stringify(policyOf([right]));
      return assume(writeRole, { sessionName: sessionNameOf(name), seconds: effectSeconds, policy }, signal);
    },

    async callerOf(identity, signal) {
      const credentials =
        identity === 'read' || writeRole === undefined
          ? (reader ?? (() => own(signal)))
          : () => assume(writeRole, { sessionName: 'sentinel-doctor', seconds: effectSeconds }, signal);
      const { Account = '', Arn = '' } = await reading('asking AWS who this is', () =>
        within(timeoutMs, signal, (abortSignal) =>
          once(stsOf(credentials), (client) =>
            client.send(new GetCallerIdentityCommand({}), { abortSignal }),
          ),
        ),
      );
      return { account: Account, arn: Arn };
    },
  };
}

function before(ms: number): Condition {
  return { DateLessThan: { 'aws:CurrentTime': new Date(ms).toISOString() } };
}

/** One attempt, and nothing that waits for ever. */
export function clientOptions(
  { region, timeoutSeconds }: Pick<AwsSettings, 'region' | 'timeoutSeconds'>,
  endpoint: string | undefined,
  credentials?: Credentials | CredentialSource,
) {
  return {
    region,
    maxAttempts: 1,
    requestHandler: { connectionTimeout: timeoutSeconds * 1_000 },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

/** What AWS takes as the name of a session: at most 64 of a few characters. */
function sessionNameOf(text: string): string {
  return text.replaceAll(/[^\w+=,.@-]/g, '-').slice(0, 64);
}

/** Its connection ends with the request: otherwise each effect would leave one open. */
async function once<T>(client: STSClient, ask: (client: STSClient) => Promise<T>): Promise<T> {
  try {
    return await ask(client);
  } finally {
    client.destroy();
  }
}
