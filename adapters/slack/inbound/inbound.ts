// Everything that comes from Slack: over HTTP when there is a signing secret, over Socket Mode when there is an app token.

import { SocketModeReceiver } from '@slack/bolt';
import type { SignedRequests } from '../../../api/ports/signed-requests.ts';
import { errorName } from '../failures.ts';
import { slackLogger, webClientOptions } from '../web-client.ts';
import { createInboundApp, type InboundAppOptions } from './app.ts';
import { createHttpReceiver } from './http-receiver.ts';
import { createTeamPin } from './team-pin.ts';

export type SlackInboundOptions = Omit<InboundAppOptions, 'receiver' | 'teamPin'> & {
  /** The workspace whose clicks are taken. Default: the one that the bot token belongs to, as Slack says it. */
  readonly teamId?: string;
  /** Without it nothing is taken over HTTP. */
  readonly signingSecret: string | null;
  /** Without it there is no socket. */
  readonly appToken: string | null;
  readonly requests: SignedRequests;
  readonly nowMs: () => number;
};

export type SlackInbound = {
  /** Null without a signing secret. */
  readonly receive: ((request: Request) => Promise<Response>) | null;
  /** Ends the socket, and waits for what was acknowledged to be done. */
  stop(): Promise<void>;
};

/** Reconnecting is the client's own business; only the very first connection is tried again here. */
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

export function startSlackInbound(given: SlackInboundOptions): SlackInbound {
  const { signingSecret, appToken, teamId: configured, client, log } = given;
  const options = { ...given, teamPin: createTeamPin({ configured, client, log }) };
  const http = signingSecret === null ? null : createHttpReceiver({ ...options, signingSecret });
  if (http !== null) createInboundApp({ ...options, receiver: http });
  const socket = appToken === null ? null : startSocket(appToken, options);
  return {
    receive: http === null ? null : http.receive,
    async stop() {
      await Promise.all([socket?.(), http?.stop()]);
    },
  };
}

/** Answers how to stop it. */
function startSocket(appToken: string, options: Omit<InboundAppOptions, 'receiver'>): () => Promise<void> {
  const { apiUrl, log } = options;
  const receiver = new SocketModeReceiver({
    appToken,
    logger: slackLogger(log),
    installerOptions: { clientOptions: webClientOptions(apiUrl, log) },
  });
  const app = createInboundApp({ ...options, receiver });
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const connect = (pauseMs: number): void => {
    app.start().then(
      () => log.info({}, 'connected to Slack over Socket Mode'),
      (error: unknown) => {
        if (stopped) return;
        log.warn({ reason: errorName(error), pauseMs }, 'Socket Mode could not connect; it is tried again');
        timer = setTimeout(() => connect(Math.min(pauseMs * 2, longestPauseMs)), pauseMs);
      },
    );
  };
  connect(firstPauseMs);
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await app.stop();
  };
}
