// The checks of `doctor`, in the order they are shown.

import { splitHostPort, whyNotReachable } from '../../adapters/network/address.ts';
import { agentsOfServer, auditOfServer } from '../../adapters/postgres/index.ts';
import { searchAttributesMissingAt } from '../../adapters/temporal/connect.ts';
import { howToRegister } from '../../adapters/temporal/search-attributes.ts';
import { partsOf } from '../../app/executors.ts';
import { memoryFinding } from '../../app/memory/open.ts';
import { askedModel, missingKey, vendorOf } from '../../app/models/vendors.ts';
import { monitorChecks } from '../../app/monitors.ts';
import { databaseUrl, storesOf } from '../../app/stores.ts';
import { temporalSecurity } from '../../app/temporal/server.ts';
import type { Config, LoadedConfig } from '../../config/load.ts';
import { makePayloadKey } from '../../config/payload-keys.ts';
import { describeProblem } from '../../config/problems.ts';
import { type Check, type Finding, missing, ok, warning } from '../../domain/doctor.ts';
import { searchAttributeNames } from '../../workflows/search-attributes.ts';
import { channels } from './channels.ts';
import { grpcPort } from './grpc.ts';
import { kafka } from './kafka.ts';
import { apiPort, disk, embeddedTemporalPort, nodeVersion, temporalCli } from './machine.ts';

export function configurationCheck(loaded: LoadedConfig): Finding {
  const name = 'Configuration';
  if (loaded.ok) return ok(name, loaded.config.file ?? 'no sentinel.yaml: using the defaults');
  const all = loaded.problems.map(describeProblem).join('; ');
  return missing(name, all, 'Fix it; "sentinel config check" lists every problem.');
}

export function standardChecks(config: Config): readonly Check[] {
  const { temporal } = config;
  const { port, uiPort } = temporal.embedded;
  const embedded = [
    embeddedTemporalPort('the embedded Temporal', port),
    embeddedTemporalPort("Temporal's Web UI", uiPort),
  ];
  return [
    nodeVersion,
    disk(config),
    temporalCli(config),
    apiPort(config),
    grpcPort(config),
    ...(temporal.address === undefined ? embedded : []),
    temporalServer(config),
    temporalPayloads(config),
    ...(temporal.address === undefined ? [] : [temporalSearchAttributes(config, temporal.address)]),
    ...storesOf(config).map(({ doctor }) => doctor),
    audit(config),
    ...kafka(config),
    ...executors(config),
    ...monitorChecks(config),
    ...models(config),
    () => memoryFinding(config),
    ...channels(config),
  ];
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^127\./.test(host);
}

const temporalServer =
  ({ temporal }: Config): Check =>
  async () => {
    if (temporal.address === undefined) return ok('Temporal', 'embedded');
    const { host, port } = splitHostPort(temporal.address);
    if (temporal.tls === undefined && !isLocal(host)) {
      return warning(
        'Temporal',
        `${host}:${port} without TLS: anyone on the network path can read and change what Sentinel sends and receives`,
        "Set temporal.tls (tls: {} uses the system's trusted CAs).",
      );
    }
    return server('Temporal', host, port, 'Start it, or fix temporal.address; without it nothing can run.');
  };

/** A running Sentinel puts back what was removed, where it may; whoever may not has to be told. */
function temporalSearchAttributes(config: Config, address: string): Check {
  return async function searchAttributes() {
    const name = 'Temporal search attributes';
    const { namespace } = config.temporal;
    const server = { address, namespace, security: temporalSecurity(config) };
    try {
      const found = await searchAttributesMissingAt(server, searchAttributeNames);
      if (found.kind === 'unknown')
        return warning(
          name,
          `Temporal does not say which it has (${found.reason})`,
          `Without them no incident can start. If they are not there: ${howToRegister(namespace, searchAttributeNames)}`,
        );
      const { missing: lacking } = found;
      if (lacking.length === 0) return ok(name, `the namespace ${namespace} has them`);
      return warning(
        name,
        `the namespace ${namespace} lacks ${lacking.join(', ')}: no incident can start`,
        `Sentinel registers them when it starts, and within a minute while it runs. Where it may not: ${howToRegister(namespace, lacking)}`,
      );
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      return missing(name, said, 'Correct it, then run "sentinel doctor" again.');
    }
  };
}

const temporalPayloads =
  ({ temporal, secrets }: Config): Check =>
  async () => {
    const name = 'Temporal payloads';
    const { mode, keysSince } = temporal.payloads;
    if (secrets.temporalPayloadKeys === null && temporal.address !== undefined)
      return warning(
        name,
        `${mode}, with a key that exists only in this data folder`,
        `To run roles as separate processes, give all of them the same SENTINEL_TEMPORAL_PAYLOAD_KEYS: ${makePayloadKey}`,
      );
    if (keysSince !== undefined && Date.parse(keysSince) > Date.now())
      return warning(
        name,
        `${mode}; unsigned data is accepted until ${keysSince}`,
        'Set temporal.payloads.keysSince to when the last process without keys ended, or leave it out.',
      );
    const where = secrets.temporalPayloadKeys === null ? 'the data folder' : 'SENTINEL_TEMPORAL_PAYLOAD_KEYS';
    return ok(name, `${mode}, with the key of ${where}`);
  };

/** Links at most: a doctor answers within seconds. The next one goes on where this one stops. */
const linksAtOnce = 10_000;

function audit(config: Config): Check {
  return async function audit() {
    const name = 'Audit';
    const url = databaseUrl(config);
    if (url === undefined) return ok(name, 'embedded: the running Sentinel checks its chain');
    try {
      const found = await auditOfServer(url, linksAtOnce);
      if (found === null) return ok(name, 'nothing is recorded yet');
      const { owner, progress } = found;
      if (!progress.ok)
        return missing(
          name,
          `the chain is broken at entry ${progress.brokenSeq} on: ${progress.what}`,
          'The record was altered: find out who had access to the database ("sentinel audit verify" checks all of it).',
        );
      const { checked, links } = progress;
      const detail =
        checked === links
          ? `all ${links} links are intact`
          : `${checked} of ${links} links checked so far, all intact`;
      if (owner === null) return ok(name, detail);
      return warning(
        name,
        `${detail}. ${owner}`,
        'Connect with the application role of deploy/postgres/roles.sql.',
      );
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      return warning(
        name,
        `its chain could not be checked (${said})`,
        'Fix it, then run "sentinel doctor" again.',
      );
    }
  };
}

function executors(config: Config): Check[] {
  const { executors: configured } = config;
  const url = databaseUrl(config);
  const agents = url === undefined ? null : agentsOfServer(url);
  if (configured.length === 0) {
    const advice = 'Add one under `executors` in sentinel.yaml (docs/configuration.md).';
    return [async () => warning('Executors', 'none: Sentinel diagnoses and escalates to people', advice)];
  }
  return configured.map((executor) => async () => (await partsOf(executor)).doctor(executor, agents));
}

function models({ model, vendorSecrets }: Config): Check[] {
  if (model.providers.length === 0) {
    return [async () => ok('Language model', 'none: statistical diagnosis only')];
  }
  return model.providers.map((provider) => async () => {
    const lacking = missingKey(provider, vendorSecrets);
    if (lacking !== null)
      return warning(
        `Language model ${provider.name}`,
        `${lacking} is not set`,
        `Set it; until then ${provider.name} is not asked.`,
      );
    const { load, secrets } = vendorOf(provider, vendorSecrets);
    return (await load()).doctor(askedModel(provider), secrets);
  });
}

async function server(name: string, host: string, port: number, advice: string): Promise<Finding> {
  const reason = await whyNotReachable(host, port);
  if (reason === null) return ok(name, `${host}:${port} accepts connections`);
  return missing(name, `${host}:${port} cannot be reached (${reason})`, advice);
}
