// How alerts of Prometheus and Grafana are read: their labels have no fixed names.

import { z } from 'zod';
import { labelSettings } from '../../events/label-settings.ts';

export const settings = z
  .strictObject(labelSettings)
  .prefault({})
  .describe('How alerts sent to `POST /api/v1/alerts/alertmanager` are read.');
