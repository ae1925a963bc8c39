import { decodePart, type Kind } from './kind.ts';

/** Names come from telemetry: free text, a slash of which stands as `%2F`. */
const encoded = /^([^/%\p{Cc}]|%25|%2F)+$/u;

/** What is known by its name alone, as telemetry has it. */
export const service: Kind = {
  id: 'service',
  parts: [
    { name: 'environment', pattern: encoded, maxLength: 600 },
    { name: 'service', pattern: encoded, maxLength: 600 },
  ],
  example: 'service/production/orders',
  words: ([environment = '', name = '']) => `${decodePart(name)} in ${decodePart(environment)}`,
  fromTelemetry: () => [undefined, undefined],
};
