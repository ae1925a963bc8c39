/** For the output of a failed test: every timeline there is, shortened. */
import type { IncidentSummary, SentinelClient, TimelineEvent } from '../../../lab/run/client.ts';

export async function story(client: SentinelClient): Promise<string> {
  const tell = async ({ id, title, outcome }: IncidentSummary): Promise<string[]> => {
    const events = await client.timeline(id);
    return [`${title}: ${outcome}`, ...events.map(line)];
  };
  try {
    return (await Promise.all((await client.incidents()).map(tell))).flat().join('\n');
  } catch (error) {
    return `no story: ${String(error)}`;
  }
}

function line({ seq, atMs, type, ...event }: TimelineEvent): string {
  const at = new Date(atMs).toISOString().slice(11, 23);
  const { anomaly, diagnosis, result } = event as Record<
    string,
    { summary?: string; reason?: string } | undefined
  >;
  const said = anomaly?.summary ?? diagnosis?.reason ?? result?.reason ?? JSON.stringify(event);
  return `  ${seq} ${at} ${type} ${said.slice(0, 400)}`;
}
