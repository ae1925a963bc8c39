import { givenName, type Kind } from './kind.ts';

/** A container by its name: its id changes whenever it is made anew. */
export const docker: Kind = {
  id: 'docker',
  parts: [
    { name: 'host', pattern: givenName, maxLength: 253 },
    { name: 'container', pattern: givenName, maxLength: 255 },
  ],
  example: 'docker/web1/orders',
  words: ([host, container]) => `container ${container} on host ${host}`,
};
