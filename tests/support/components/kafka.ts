/** A real Kafka broker in a temporary folder, one for the whole test run; every test makes its own topics and groups. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { obtainKafka, startKafkaBroker } from '../../../bench/support/kafka-broker.ts';
import type { Component } from './component.ts';

export interface KafkaInfo {
  /** `host:port` */
  readonly broker: string;
}

export const kafka: Component = {
  name: 'kafka',
  obtain: obtainKafka,
  async start() {
    await obtainKafka(console.error);
    const dir = mkdtempSync(join(tmpdir(), 'sentinel-kafka-'));
    const broker = await startKafkaBroker(dir);
    const info: KafkaInfo = { broker: broker.address };
    return {
      info,
      async stop() {
        await broker.stop();
        rmSync(dir, { recursive: true, force: true });
      },
    };
  },
};
