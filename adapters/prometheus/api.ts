// What is asked of a Prometheus, and of all that speak as it does.

import type { RuleApi } from '../monitor-rules/api.ts';
import { type Address, connectAsk, ruleApi } from '../monitor-rules/connect.ts';

export function connectPrometheus(address: Address, secret: string | null): RuleApi {
  return ruleApi(connectAsk(address, '/api/v1', secret));
}
