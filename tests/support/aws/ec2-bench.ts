/** EC2 for one suite: instances in moto, and the proxy before it that a suite's executors talk to. */
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { MotoInfo } from '../components/moto.ts';
import { type AwsProxy, startAwsProxy } from './aws-proxy.ts';
import { type Instances, instancesAt } from './ec2-instances.ts';

export type Ec2Bench = Instances & { readonly proxy: AwsProxy };

/** Call it where the suite is described; what it returns may be called inside tests and hooks. */
export function ec2Bench({ url }: MotoInfo): () => Ec2Bench {
  let proxy: AwsProxy | undefined;
  let instances: Instances | undefined;
  beforeAll(async () => {
    proxy = await startAwsProxy(url);
    instances = await instancesAt(url);
  }, 300_000);
  afterEach(() => proxy?.reset());
  afterAll(async () => {
    instances?.client.destroy();
    await proxy?.close();
  });
  return () => {
    if (proxy === undefined || instances === undefined) throw new Error('asked before beforeAll');
    return { ...instances, proxy };
  };
}
