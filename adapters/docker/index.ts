// A Docker engine as a vendor.

import { z } from 'zod';
import type { ExecutorVendor } from '../executor-vendor.ts';

const entry = z
  .string()
  .max(200)
  .regex(
    /^([a-zA-Z0-9*][a-zA-Z0-9_.*-]*|label:[^=\s]+(=.*)?)$/,
    'expected a container name, in which * stands for anything, or label:key or label:key=value',
  );

const file = z.string().regex(/^\//, 'expected an absolute path');

const settings = z.strictObject({
  host: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'expected lower-case letters, digits, . and -')
    .describe('What target ids call this machine: `docker/<host>/<container>`.'),
  url: z
    .string()
    .refine(isAllowed, {
      error:
        'expected unix:///path/to/socket, https://host:port, or http://127.0.0.1:port (clear text only on this machine)',
    })
    .default('unix:///var/run/docker.sock')
    .describe('The engine, or better a proxy before it that lets only the needed requests through.'),
  tls: z
    .strictObject({
      caFile: file.describe('PEM file of the authority that signed the certificate of the engine.'),
      certFile: file.describe('PEM file of the client certificate.'),
      keyFile: file.describe('PEM file of its key.'),
    })
    .optional()
    .describe('Client certificate, for an https url.'),
  containers: z
    .array(entry)
    .min(1)
    .describe(
      'The containers it may see and act on: names, with `*` for anything, or `label:key=value`. No others exist for it.',
    ),
  serviceLabel: z
    .string()
    .min(1)
    .max(200)
    .default('com.docker.compose.service')
    .describe(
      'Label that says which service a container is, as in telemetry. Without it the container name is the service.',
    ),
  stopSeconds: z
    .int()
    .min(1)
    .max(120)
    .default(10)
    .describe('How long a container may take to stop by itself before it is killed.'),
});

export const docker: ExecutorVendor<typeof settings> = {
  typeMeans: 'A Docker engine.',
  about: 'Restarts, stops and starts containers of one Docker engine: [Docker executor](docker-executor.md).',
  settings,
  async load() {
    const [{ createDockerExecutor }, { checkDocker }, { createDockerReadings }, { dockerProxyRules }] =
      await Promise.all([
        import('./executor.ts'),
        import('./doctor.ts'),
        import('./readings.ts'),
        import('./permissions.ts'),
      ]);
    return {
      create: createDockerExecutor,
      doctor: checkDocker,
      watch: createDockerReadings,
      permissions: { 'docker-proxy': dockerProxyRules },
    };
  },
};

/** Whoever can read or change a request to an engine is root there. */
function isAllowed(url: string): boolean {
  if (url.startsWith('unix:///')) return url.length > 'unix:///'.length;
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, pathname, username, search } = new URL(url);
  if (pathname !== '/' || username !== '' || search !== '') return false;
  if (protocol === 'https:') return true;
  return protocol === 'http:' && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
