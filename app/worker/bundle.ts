// The workflow bundle: built once for the sources it is made of, and kept on disk, because building takes seconds of CPU
// and a restarted worker should carry on at once.

import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { version } from 'node:process';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The bundle that came with an image, where nothing can be built: read-only, without a cache. */
export const shippedFolder = join(root, 'bundles');

export type BundleOptions = {
  /** Where bundles are kept between starts; made when missing. */
  readonly cacheDir: string;
  /** File that exports the workflow types. */
  readonly workflowsPath?: string;
  /** Looked into first. Default: `shippedFolder`. */
  readonly shippedDir?: string;
  /** The words of failures are encoded like payloads, for those who encrypt them. Default false. */
  readonly encodeFailures?: boolean;
};

/** What stands between Temporal and every workflow: it refuses what Sentinel did not sign. */
const guard = {
  payloadConverterPath: join(root, 'workflows', 'interceptors', 'payload-converter.ts'),
  workflowInterceptorModules: [join(root, 'workflows', 'interceptors', 'payload-guard.ts')],
};
const failureConverterPath = join(root, 'workflows', 'interceptors', 'failure-converter.ts');

/**
 * Path of a bundle of exactly the present sources, building it when there is none. Processes that build at the same time
 * write the same bytes, each to a file of its own that then takes the name.
 */
export async function workflowBundle({
  cacheDir,
  workflowsPath = join(root, 'workflows', 'index.ts'),
  shippedDir = shippedFolder,
  encodeFailures = false,
}: BundleOptions): Promise<{ readonly codePath: string }> {
  const kind = encodeFailures ? '-encoded' : '';
  const codePath = join(cacheDir, `workflows-${await sourceHash(workflowsPath)}${kind}.js`);
  const shipped = join(shippedDir, basename(codePath));
  if (await exists(shipped)) return { codePath: shipped };
  if (await exists(codePath)) return { codePath };
  const code = await build(workflowsPath, encodeFailures);
  await mkdir(cacheDir, { recursive: true });
  const written = join(cacheDir, `.${randomUUID()}.js`);
  await writeFile(written, code);
  await rename(written, codePath);
  return { codePath };
}

/** Over everything that can be in the bundle: our own sources, and the versions of the packages. */
async function sourceHash(workflowsPath: string): Promise<string> {
  const folders = [join(root, 'workflows'), join(root, 'domain'), dirname(workflowsPath)];
  const files = (await Promise.all(folders.map(sourcesIn))).flat();
  const hash = createHash('sha256').update(`${version} ${workflowsPath}`);
  const require = createRequire(import.meta.url);
  for (const name of ['@temporalio/worker', '@temporalio/workflow', 'zod']) {
    hash.update(await readFile(require.resolve(`${name}/package.json`)));
  }
  for (const file of [...new Set(files)].toSorted()) {
    hash.update(`\n${relative(root, file)}\n`).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 32);
}

async function sourcesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Webpack's chatter is nobody's news; what it says of an error is the error. */
async function build(workflowsPath: string, encodeFailures: boolean): Promise<string> {
  const said: string[] = [];
  const keep = (message: string): void => {
    said.push(message);
  };
  const ignore = (): void => {};
  const logger = { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: keep, error: keep };
  try {
    const bundled = await bundleWorkflowCode({
      workflowsPath,
      logger,
      ...guard,
      ...(encodeFailures ? { failureConverterPath } : {}),
    });
    return bundled.code;
  } catch (error) {
    throw new Error(`the workflows of ${workflowsPath} could not be bundled:\n${said.join('\n')}`, {
      cause: error,
    });
  }
}
