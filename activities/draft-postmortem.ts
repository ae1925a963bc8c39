// Writes the draft of the postmortem from the stored record.

import { createHash } from 'node:crypto';
import { type AnalysisEvidence, postmortem } from '../domain/incident/postmortem.ts';
import type { ActivityDeps } from './deps.ts';
import type { Activities } from './types.ts';

export function createDraftPostmortem({
  incidents,
  evidence,
  postmortems,
}: Pick<ActivityDeps, 'incidents' | 'evidence' | 'postmortems'>): Activities['draftPostmortem'] {
  return async ({ incidentId, evidenceRefs }) => {
    const state = await incidents.state(incidentId);
    if (state === null) throw new Error(`incident ${incidentId} is not recorded yet`);
    const timeline = await incidents.timeline(incidentId);
    const analyses: AnalysisEvidence[] = [];
    for (const [index, ref] of evidenceRefs.entries()) {
      analyses.push({ attempt: index + 1, evidence: (await evidence.load(ref)).evidence });
    }
    // What is recorded after the end (such as this draft itself) is no part of the story: a retry gives the same bytes.
    const end = timeline.findIndex((event) => event.type === 'incident-closed');
    const markdown = postmortem(state, end === -1 ? timeline : timeline.slice(0, end + 1), analyses);
    const digest = createHash('sha256').update(markdown).digest('hex');
    await postmortems.savePostmortem(incidentId, markdown, digest);
    return { digest };
  };
}
