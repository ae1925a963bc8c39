import { givenName, type Kind } from './kind.ts';

export const host: Kind = {
  id: 'host',
  parts: [{ name: 'name', pattern: givenName, maxLength: 253 }],
  example: 'host/web1',
  words: ([name]) => `host ${name}`,
};
