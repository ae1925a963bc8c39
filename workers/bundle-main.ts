/** Process entry: builds the workflow bundle that an image ships, so that its workers start at once and need to write nothing. */
import { shippedFolder, workflowBundle } from './bundle.ts';

const { codePath } = await workflowBundle({ cacheDir: shippedFolder });
console.log(codePath);
