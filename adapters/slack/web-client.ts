// Slack's Web API through its own SDK. Retrying is the notification dispatcher's business: it survives restarts, the SDK's queue does not.

import { LogLevel, type Logger as SlackLogger, WebClient } from '@slack/web-api';
import type { Logger } from '../../api/ports/logger.ts';
import { guardedFetch } from '../http/guarded-fetch.ts';

export type SlackClientOptions = {
  readonly botToken: string;
  /** Default: Slack itself. */
  readonly apiUrl?: string;
  readonly log: Logger;
};

const requestTimeoutMs = 10_000;

export function createWebClient({ botToken, apiUrl, log }: SlackClientOptions): WebClient {
  return new WebClient(botToken, webClientOptions(apiUrl, log));
}

/** Also for the clients that Slack's framework makes for itself. */
export function webClientOptions(apiUrl: string | undefined, log: Logger) {
  return {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: requestTimeoutMs,
    // Looks at where names lead as it connects.
    fetch: guardedFetch,
    // A method is a name of ours; nothing may turn it into another address.
    allowAbsoluteUrls: false,
    logger: slackLogger(log),
  };
}

/** The SDK's log in ours. Its debug lines hold whole messages and are left out. */
export function slackLogger(log: Logger): SlackLogger {
  const line = (parts: readonly unknown[]): string => parts.map(String).join(' ').slice(0, 1_000);
  return {
    debug() {},
    info: (...parts) => log.debug({ by: 'slack sdk' }, line(parts)),
    warn: (...parts) => log.warn({ by: 'slack sdk' }, line(parts)),
    error: (...parts) => log.warn({ by: 'slack sdk' }, line(parts)),
    setLevel() {},
    getLevel: () => LogLevel.INFO,
    setName() {},
  };
}
