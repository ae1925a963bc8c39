// A look at the topics and the group from outside, for `doctor`: joins nothing and changes nothing.

import { createClient, type KafkaLog, type KafkaOptions } from './client.ts';
import { measureGroupLag } from './lag.ts';

export type KafkaView = {
  readonly missingTopics: readonly string[];
  /** Processes that read now. */
  readonly members: number;
  /** Records that the group has not committed. */
  readonly waiting: number;
};

/** Throws when the brokers cannot be asked. */
export async function inspectKafka(
  options: KafkaOptions & { readonly groupId: string; readonly topics: readonly string[] },
  log: KafkaLog,
): Promise<KafkaView> {
  const { groupId, topics } = options;
  const admin = createClient(options, log).admin({ retry: { retries: 1 } });
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const present = topics.filter((topic) => existing.has(topic));
    const { groups } = await admin.describeGroups([groupId]);
    let waiting = 0;
    await measureGroupLag(admin, groupId, present, (_, records) => {
      waiting += records;
    });
    return {
      missingTopics: topics.filter((topic) => !existing.has(topic)),
      members: groups[0]?.members.length ?? 0,
      waiting,
    };
  } finally {
    await admin.disconnect();
  }
}
