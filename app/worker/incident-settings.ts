// The numbers that an incident started from now on keeps for its whole life.

import type { Config } from '../../config/load.ts';
import type { IncidentSettings } from '../../workflows/messages.ts';

export function incidentSettings({ incident, model }: Config): IncidentSettings {
  const { followsWithinMs: _ofCorrelation, ...ofWorkflows } = incident;
  return {
    ...ofWorkflows,
    answersAreSigned: true,
    ...(model.providers.length === 0 ? {} : { modelBudgetMs: model.waitMs }),
  };
}
