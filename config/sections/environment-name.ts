// Names of environments as configuration may spell them; telemetry's own spelling is compared to these.

import { z } from 'zod';

export const environmentName = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^\s/#*\p{Cc}]+$/u, 'expected a name without spaces, /, # or *');
