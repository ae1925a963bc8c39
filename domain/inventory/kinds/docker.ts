import { givenName, type Kind } from './kind.ts';

/** A container by its name: its id changes whenever it is made anew. */
export const docker: Kind = {
  id: 'docker',
  parts: [
    { name: 'host', pattern: givenName, maxLength: 253, isAlias: true },
    { name: 'container', pattern: givenName, maxLength: 255 },
  ],
  example: 'docker/web1/orders',
  words: ([host, container]) => `container ${container} on host ${host}`,
  // Docker's own names begin with a slash; `host.name` inside of a container is the container.
  fromTelemetry: (attributes) => [undefined, attributes['container.name']?.replace(/^\//, '')],
};
