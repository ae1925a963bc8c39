// Slack, as the rest of Sentinel sees it.

export { createSlackChannel } from './channel.ts';
export { checkSlack } from './check.ts';
export { startSlackInbound } from './inbound/inbound.ts';
export { createWebClient } from './web-client.ts';
