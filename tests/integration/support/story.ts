/** For the output of a failed test: every timeline there is, shortened. */
import type { IncidentSummary, SentinelClient } from '../../../lab/run/client.ts';

export async function story(client: SentinelClient): Promise<string> {
  const tell = async ({ id, title, outcome }: IncidentSummary): Promise<string[]> => {
    const events = await client.timeline(id);
    return [`${title}: ${outcome}`, ...events.map((event) => `  ${JSON.stringify(event).slice(0, 400)}`)];
  };
  try {
    return (await Promise.all((await client.incidents()).map(tell))).flat().join('\n');
  } catch (error) {
    return `no story: ${String(error)}`;
  }
}
