// The process entry of the `sentinel` command: hands over the real environment, configuration and streams.

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
  extensions: [registerDemo, registerLab],
});

// Everything was closed; a native library that keeps a handle open must not keep the process.
setTimeout(() => process.exit(), 3_000).unref();
