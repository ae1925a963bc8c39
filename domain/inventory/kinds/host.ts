import { givenName, type Kind } from './kind.ts';

export const host: Kind = {
  id: 'host',
  parts: [{ name: 'name', pattern: givenName, maxLength: 253, isAlias: true }],
  example: 'host/web1',
  words: ([name]) => `host ${name}`,
  fromTelemetry: (attributes) => [attributes['host.name']],
};
