// How every text about an incident shows what a language model said: by whom, how it stands to the statistics, and its
// words as a quotation that nobody takes for a fact.

import type { ModelRelation, ModelView } from '../diagnosis/opinion.ts';

/** One sentence about the model, and its words, labelled. */
export function modelText(view: ModelView): string {
  const words = view.words === '' ? '' : `; in its words: “${view.words}”`;
  return `The model ${view.by} ${stand(view)}${words}`;
}

function stand({ relation, hypotheses }: ModelView): string {
  const [best] = hypotheses;
  const named = best === undefined ? 'nothing' : `${best.cause} in ${best.service}`;
  const says: Readonly<Record<ModelRelation, string>> = {
    agrees: 'agrees with the statistics',
    disagrees: `disagrees and names ${named}`,
    doubts: 'doubts the statistics and cannot tell',
    explains: `names ${named}, where the statistics cannot tell`,
    nothing: 'adds nothing',
  };
  return says[relation];
}
