// Why a sample is unusual, in words for people.

export const reasonWords = {
  novelty: 'outside everything seen so far',
  step: 'an unusually large step from the sample before',
  spike: 'unusually far from the recent level',
  transition: 'an unusual change of level',
  season: 'unusual for this time of the day or the week',
} as const;
export type Reason = keyof typeof reasonWords;
