// What `doctor` says of an executor on another machine: whether its agent is there, speaks of the right time, and serves it.

import type { AgentLine } from '../../activities/ports/agent-line.ts';
import { ago, largestSkewMs, whyAway } from '../../domain/agent/line.ts';
import { type Finding, ok, warning } from '../../domain/doctor.ts';
import type { AgentSettings } from './executor.ts';

/** `agents`: null where only a running Sentinel knows them. */
export async function checkAgent(
  { name, agent, executor }: AgentSettings,
  agents: Pick<AgentLine, 'seen'> | null,
): Promise<Finding> {
  const title = `Executor ${name}`;
  if (agents === null)
    return ok(
      title,
      `through the agent of ${agent}; the running Sentinel says on /ready whether it is there`,
    );
  try {
    const seen = await agents.seen(agent);
    const away = whyAway(agent, seen);
    if (seen === null || away !== null)
      return warning(
        title,
        away ?? '',
        `Run "sentinel agent check" on ${agent}; until it is there Sentinel does not act on it.`,
      );
    const served = seen.executors.find((one) => one.name === executor);
    if (served === undefined)
      return warning(
        title,
        `the agent of ${agent} serves no executor ${executor}`,
        `Name one of those in its file: ${seen.executors.map((one) => one.name).join(', ') || 'none'}.`,
      );
    if (Math.abs(seen.skewMs) > largestSkewMs)
      return warning(
        title,
        `the clock of ${agent} is ${ago(Math.abs(seen.skewMs))} ${seen.skewMs > 0 ? 'ahead' : 'behind'}: its agent acts on nothing`,
        `Set the clock of ${agent}, and keep it in step (NTP).`,
      );
    const allows = served.actions.join(', ') || 'nothing';
    return ok(
      title,
      `the agent of ${agent} (${seen.version}) was seen ${ago(seen.seenMsAgo)} ago; its file allows ${allows}`,
    );
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return warning(title, `whether its agent is there could not be asked (${said})`, 'Fix that first.');
  }
}
