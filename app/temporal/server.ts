// Where Temporal is: the server of the configuration, or the official dev server kept beside this process.

import { join } from 'node:path';
import { type TemporalSecurity, unprotected } from '../../adapters/temporal/security.ts';
import { obtainTemporalCli, startTemporalDevServer } from '../../adapters/temporal-dev-server/index.ts';
import type { Config } from '../../config/load.ts';
import { searchAttributeNames } from '../../workflows/search-attributes.ts';
import { namesOf } from '../api/http.ts';
import { startWebUi } from './web-ui.ts';
import type { WebUiCodec } from './web-ui-codec.ts';

export type TemporalServer = {
  readonly address: string;
  /** For people. Null when nothing here shows it: it is wherever its operators put it. */
  readonly uiUrl: string | null;
  /** From now on the Web UI, if it is shown here, has encrypted data decoded by this. */
  decodeWith(codec: WebUiCodec): void;
  stop(): Promise<void>;
};

/** `showsUi`: whether this process is the one that shows the Web UI of a server that is not ours. */
export async function findTemporal(
  config: Config,
  showsUi: boolean,
  report: (line: string) => void,
  stopping?: AbortSignal,
): Promise<TemporalServer> {
  const { address, namespace, embedded } = config.temporal;
  if (address !== undefined) return elsewhere(config, address, showsUi);
  const executable = await obtainTemporalCli({ cacheDir: config.cacheDir, report, stopping });
  const server = await startTemporalDevServer({
    executable,
    dir: join(config.dataDir, 'temporal'),
    port: embedded.port,
    namespace,
    searchAttributes: searchAttributeNames,
    // It outlives a crash of this process, so that waiting incidents are found again at once.
    durable: true,
  });
  try {
    const { names } = namesOf(config.server);
    const decoding = lateCodec();
    const { codec } = decoding;
    const ui = await startWebUi({ upstream: server.uiUrl, port: embedded.uiPort, names, codec });
    return {
      address: server.address,
      uiUrl: ui.url,
      decodeWith: decoding.decodeWith,
      stop: async () => {
        await ui.close();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function elsewhere(
  { temporal: { webUi }, server }: Config,
  address: string,
  showsUi: boolean,
): Promise<TemporalServer> {
  if (webUi === undefined || !showsUi) return { address, uiUrl: null, decodeWith() {}, stop: async () => {} };
  const { url: upstream, host, port } = webUi;
  const { names } = namesOf(server);
  const { codec, decodeWith } = lateCodec();
  const ui = await startWebUi({ upstream, host, port, names, codec, setting: 'temporal.webUi.port' });
  const shown = new URL(ui.url);
  if (server.publicUrl !== undefined) shown.hostname = new URL(server.publicUrl).hostname;
  return { address, uiUrl: shown.origin, decodeWith, stop: ui.close };
}

/** The API that decodes starts long after Temporal. */
function lateCodec(): { codec: () => WebUiCodec | null; decodeWith(codec: WebUiCodec): void } {
  let known: WebUiCodec | null = null;
  return {
    codec: () => known,
    decodeWith(codec) {
      known = codec;
    },
  };
}

/** The embedded server is on this machine only, and speaks no TLS; one that is given by address has what is configured for it. */
export function temporalSecurity({ temporal: { address, tls }, secrets }: Config): TemporalSecurity {
  if (address === undefined) return unprotected;
  return { tls: tls ?? null, apiKey: secrets.temporalApiKey?.reveal() ?? null };
}
