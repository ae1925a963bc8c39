// What an alarm of CloudWatch says of whom it is about: its description, and the dimensions of its metrics.

/** Dimensions that name the service, in order. */
export const alarmDimensions: readonly string[] = [
  ...['Service', 'ServiceName', 'FunctionName', 'LoadBalancer', 'TargetGroup', 'ApiName', 'ApiId'],
  ...['QueueName', 'TopicName', 'StreamName', 'TableName', 'DBClusterIdentifier', 'DBInstanceIdentifier'],
  ...['CacheClusterId', 'AutoScalingGroupName', 'ClusterName', 'InstanceId'],
];

/** What a description says for us: `service=checkout severity=critical`, anywhere in it. */
export function saidInDescription(description: string): Readonly<Partial<Record<string, string>>> {
  const words = description
    .slice(0, 5_000)
    .matchAll(/\b(service|environment|component|severity)=([^\s,;"']{1,200})/g);
  return Object.fromEntries([...words].map(([, key = '', value = '']) => [key, value]));
}

/** Load balancers and their groups are named as `app/checkout/50dc6c495c0c9188`. Null for nothing. */
export function plainDimension(value: string): string | null {
  return /^(?:app|net|gwy|targetgroup)\/([^/]+)\//.exec(value)?.[1] ?? (value || null);
}
