// With encrypted payloads the words of a failure are encrypted, too; part of the bundle only then (app/worker/bundle.ts).

import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
