// Names of the Temporal search attributes, spelled once. All are of type Keyword.

import { defineSearchAttributeKey } from '@temporalio/common';

export const searchAttributes = {
  service: defineSearchAttributeKey('SentinelService', 'KEYWORD'),
  severity: defineSearchAttributeKey('SentinelSeverity', 'KEYWORD'),
  status: defineSearchAttributeKey('SentinelStatus', 'KEYWORD'),
  environment: defineSearchAttributeKey('SentinelEnvironment', 'KEYWORD'),
};

export const searchAttributeNames = Object.values(searchAttributes).map((key) => key.name);
