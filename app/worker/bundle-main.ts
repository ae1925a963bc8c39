/** Process entry: builds the workflow bundles that an image ships, so that its workers start at once and need to write nothing. */
import { shippedFolder, workflowBundle } from './bundle.ts';

for (const encodeFailures of [false, true]) {
  const { codePath } = await workflowBundle({ cacheDir: shippedFolder, encodeFailures });
  console.log(codePath);
}
