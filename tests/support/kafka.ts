/** A producer's and an operator's side of a real Kafka, for tests. */
import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type Message, Partitioners } from 'kafkajs';
import { eventually } from '../integration/support/wait.ts';

export interface Letter {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface KafkaSide {
  readonly topics: { readonly observations: string; readonly alerts: string; readonly deadLetters: string };
  /** Another one, for telemetry of the Collector. */
  readonly otlpTopic: string;
  readonly groupId: string;
  send(topic: string, messages: readonly Message[]): Promise<void>;
  /** Everything that is in the dead-letter topic now. */
  letters(): Promise<readonly Letter[]>;
  /** The same of any topic. */
  records(topic: string): Promise<readonly Letter[]>;
  /** Records of the topic that the group has not committed; all of them when it has committed nothing. */
  uncommitted(topic: string): Promise<number>;
  /** The topic no longer holds what is in it now. */
  forget(topic: string): Promise<void>;
  /** What the group has committed of the topic never was; possible once its members are gone. */
  rewind(topic: string): Promise<void>;
  /** Members of the group now. */
  members(): Promise<number>;
  /** Members that have been given their partitions; null while the group is still sharing them out. */
  settledMembers(): Promise<number | null>;
  close(): Promise<void>;
}

/** Fresh topics of `partitions` each, and a group nobody has used. */
export async function kafkaSide(broker: string, partitions = 2): Promise<KafkaSide> {
  const id = randomUUID().slice(0, 8);
  const topics = {
    observations: `observations-${id}`,
    alerts: `alerts-${id}`,
    deadLetters: `dead-letters-${id}`,
  };
  const otlpTopic = `otlp-${id}`;
  const groupId = `sentinel-${id}`;
  const kafka = new Kafka({ brokers: [broker], clientId: `test-${id}`, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const all = [...Object.values(topics), otlpTopic];
  // A busy broker says for a while that it does not know what it has just made; kafkajs takes that for final.
  await admin.createTopics({
    waitForLeaders: false,
    topics: all.map((topic) => ({ topic, numPartitions: partitions })),
  });
  await eventually('the leaders of the topics', async () => {
    const made = await admin.fetchTopicMetadata({ topics: all }).catch(() => ({ topics: [] }));
    const leaders = made.topics.flatMap(({ partitions: own }) => own.map(({ leader }) => leader));
    return leaders.length === all.length * partitions && leaders.every((leader) => leader >= 0);
  });
  // What a busy broker makes it send again is there once.
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();

  async function records(topic: string): Promise<readonly Letter[]> {
    const ends = await admin.fetchTopicOffsets(topic);
    let waitingFor = ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
    const found: Letter[] = [];
    if (waitingFor === 0) return found;
    const consumer = kafka.consumer({ groupId: `look-${randomUUID()}`, maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer
        .run({
          autoCommit: false,
          eachMessage: async ({ message: { key, value, headers } }) => {
            found.push({
              key: key?.toString() ?? null,
              value: value?.toString() ?? null,
              headers: Object.fromEntries(
                Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)]),
              ),
            });
            waitingFor -= 1;
            if (waitingFor === 0) resolve();
          },
        })
        .catch(reject);
    });
    await consumer.disconnect();
    return found;
  }

  return {
    topics,
    otlpTopic,
    groupId,
    async send(topic, messages) {
      await producer.send({ topic, acks: -1, messages: [...messages] });
    },
    records,
    letters: () => records(topics.deadLetters),
    async uncommitted(topic) {
      const ends = await admin.fetchTopicOffsets(topic);
      const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] });
      const done = new Map(answer?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
      return ends.reduce(
        (sum, { partition, high, low }) =>
          sum + Number(high) - Math.max(Number(low), done.get(partition) ?? 0),
        0,
      );
    },
    async forget(topic) {
      const ends = await admin.fetchTopicOffsets(topic);
      const filled = ends.filter(({ high }) => high !== '0');
      await admin.deleteTopicRecords({
        topic,
        partitions: filled.map(({ partition, high }) => ({ partition, offset: high })),
      });
    },
    async rewind(topic) {
      await eventually('the group to be empty', async () => {
        await admin.resetOffsets({ groupId, topic, earliest: true });
        return true;
      });
    },
    async members() {
      const { groups } = await admin.describeGroups([groupId]);
      return groups[0]?.members.length ?? 0;
    },
    async settledMembers() {
      const [group] = (await admin.describeGroups([groupId])).groups;
      return group?.state === 'Stable' ? group.members.length : null;
    },
    async close() {
      await producer.disconnect();
      await admin.disconnect();
    },
  };
}
