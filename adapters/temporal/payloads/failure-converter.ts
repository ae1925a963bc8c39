// With encrypted payloads the words of a failure are encrypted, too; the SDK loads this by its path (data-converter.ts).

import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
