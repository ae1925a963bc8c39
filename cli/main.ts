// The process entry of the `sentinel` command: hands over the real environment, configuration and streams.

import { loadAgentConfig } from '../config/agent.ts';
import { forgetSecrets, processEnvironment } from '../config/environment.ts';
import { loadConfig } from '../config/load.ts';
import { registerDemo } from './demo.ts';
import { registerLab } from './lab.ts';
import { runCli } from './program.ts';
import { endWithReaders, untilSignal } from './signals.ts';

const env = processEnvironment();
endWithReaders([process.stdout, process.stderr]);
process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env,
  loadConfig: (file) => loadConfig({ file, env }),
  untilSignal,
  // Loaded when it is asked for: the servers' libraries take a second that other commands do not need.
  start: async (...given) => {
    forgetSecrets();
    return (await import('../app/start.ts')).startSentinel(...given);
  },
  agent: {
    load: loadAgentConfig,
    async run(config, stopping) {
      const [{ startAgent }, { createLogger }] = await Promise.all([
        import('../app/agent/agent.ts'),
        import('../adapters/telemetry/logger.ts'),
      ]);
      return startAgent(config, createLogger({ level: 'info', role: 'agent' }), stopping);
    },
    check: async (config) => (await import('../app/agent/agent.ts')).checkAgentHere(config),
  },
  extensions: [registerDemo, registerLab],
});

// Everything was closed; a native library that keeps a handle open must not keep the process.
setTimeout(() => process.exit(), 3_000).unref();
