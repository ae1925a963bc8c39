/** Whatever a model answers: nothing stands that is outside taxonomy, graph, blast set, evidence and runbook. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { causes } from '../../../domain/diagnosis/causes.ts';
import type { JudgedAnswer } from '../../../domain/diagnosis/opinion.ts';
import { answerJsonSchema, answerLimits } from '../../../domain/model/answer.ts';
import { judgeAnswer } from '../../../domain/model/judge.ts';
import { actionIds } from '../../../domain/remediation/actions/index.ts';
import { defaultRunbook } from '../../../domain/remediation/runbook.ts';
import { naughtyStrings } from '../../ingest/support/naughty.ts';
import { answerAbout, situation } from './situation.ts';

const about = situation();
const { judging, evidence } = about;
const anyText = fc.oneof(fc.string(), fc.constantFrom(...naughtyStrings), fc.string({ unit: 'binary' }));
const someIds = fc.array(fc.oneof(fc.constantFrom(...evidence.map(({ id }) => id)), anyText), {
  maxLength: 20,
});
const anyClaim = fc.oneof(
  fc.anything(),
  fc.record(
    {
      cause: fc.oneof(fc.constantFrom(...causes), anyText),
      service: fc.oneof(fc.constantFrom('web', 'orders', 'ledger', 'billing', '__proto__'), anyText),
      confidence: fc.oneof(fc.double(), anyText),
      reason: anyText,
      evidenceFor: someIds,
      evidenceAgainst: fc.oneof(someIds, anyText),
      actions: fc.array(fc.oneof(fc.constantFrom(...actionIds), anyText)),
      target: anyText,
      parameters: fc.dictionary(anyText, anyText),
    },
    { requiredKeys: ['cause', 'service', 'reason', 'evidenceFor'] },
  ),
);
const anyAnswer = fc.oneof(
  fc.anything(),
  fc.record({
    verdict: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom('explained', 'inconclusive') },
      { weight: 1, arbitrary: anyText },
    ),
    summary: anyText,
    hypotheses: fc.array(anyClaim, { maxLength: 12 }),
    risks: fc.array(fc.oneof(anyText, fc.anything()), { maxLength: 9 }),
  }),
);

it('a claim needs more than a memory', () => {
  const memory = { ...evidence[0], id: 'M1', provenance: 'memory' } as (typeof evidence)[number];
  const remembering = { ...judging, evidence: [...judging.evidence, memory] };
  const claim = (evidenceFor: readonly string[]) =>
    judgeAnswer(
      {
        ...{ verdict: 'explained', summary: 's', risks: [] },
        hypotheses: [
          {
            ...{ cause: 'bad-release', service: memory.scope.service, confidence: 0.9, reason: 'as before' },
            ...{ evidenceFor, evidenceAgainst: [], actions: [] },
          },
        ],
      },
      remembering,
    );
  expect(claim(['M1'])).toMatchObject({ hypotheses: [], dropped: [{ why: 'unrelated-evidence' }] });
  expect(claim([evidence[0]?.id ?? '', 'M1'])?.hypotheses).toHaveLength(1);
});

function check({ hypotheses, riskWords, words, inconclusive }: JudgedAnswer): void {
  const ids = new Set(evidence.map(({ id }) => id));
  expect(hypotheses.length).toBeLessThanOrEqual(inconclusive ? 0 : answerLimits.hypotheses);
  for (const hypothesis of hypotheses) {
    expect(causes).toContain(hypothesis.cause);
    expect(judging.services.has(hypothesis.service) && judging.blastSet.has(hypothesis.service)).toBe(true);
    expect(hypothesis.evidenceFor.length).toBeGreaterThan(0);
    for (const id of [...hypothesis.evidenceFor, ...hypothesis.evidenceAgainst])
      expect(ids.has(id)).toBe(true);
    const allowed = defaultRunbook[hypothesis.cause].candidates.map(({ action }) => action as string);
    for (const action of hypothesis.actions) expect(allowed).toContain(action);
    expect(hypothesis.confidence >= 0 && hypothesis.confidence <= 1).toBe(true);
  }
  for (const text of [words, ...riskWords, ...hypotheses.map((one) => one.words)]) {
    expect(text).not.toMatch(/[<>[\]`\p{Cc}\p{Cf}]|:\/\//u);
    expect(text.length).toBeLessThanOrEqual(answerLimits.summaryLength);
  }
}

describe('an answer', () => {
  it('of any kind gets a judgement that holds only what exists', () => {
    let judged = 0;
    let stood = 0;
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        const judgement = judgeAnswer(answer, judging);
        if (judgement === null) return;
        judged += 1;
        stood += judgement.hypotheses.length;
        check(judgement);
      }),
      { numRuns: 3_000, seed: 1 },
    );
    expect([judged > 500, stood > 50]).toEqual([true, true]);
  });

  it('of absurd depth, or with values that JSON does not know, is only dropped', () => {
    let deep: unknown = 0;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    const risks = [deep, 10n, Symbol('x'), () => 0];
    const judgement = judgeAnswer({ verdict: 'explained', summary: '', hypotheses: risks, risks }, judging);
    expect(judgement?.dropped.map(({ why }) => why)).toEqual(Array.from({ length: 8 }, () => 'malformed'));
  });

  it('that is right stands as it is', () => {
    const judgement = judgeAnswer(
      answerAbout(about, 'error-burst', 'orders', { actions: ['restart'] }),
      judging,
    );
    expect(judgement).toMatchObject({
      inconclusive: false,
      dropped: [],
      hypotheses: [{ cause: 'error-burst', service: 'orders', actions: ['restart'] }],
    });
  });

  it.each([
    ['gremlins', 'orders', {}, 'unknown-cause'],
    ['hang', 'mainframe', {}, 'unknown-service'],
    ['hang', 'orders', { evidenceFor: ['E999'] }, 'uncited'],
    ['hang', 'orders', { evidenceFor: [] }, 'uncited'],
    ['hang', 'orders', { evidenceFor: 'E1' }, 'malformed'],
  ])('with %s of %s %j loses that claim: %s', (cause, service, more, why) => {
    const judgement = judgeAnswer(answerAbout(about, cause, service, more), judging);
    expect(judgement?.hypotheses).toEqual([]);
    expect(judgement?.dropped.map((one) => one.why)).toContain(why);
  });

  it('cannot make evidence about one service speak against a distant one', () => {
    const web = evidence.find(({ scope }) => scope.service === 'web')?.id;
    const judgement = judgeAnswer(answerAbout(about, 'hang', 'ledger', { evidenceFor: [web] }), judging);
    expect(judgement).toMatchObject({ hypotheses: [], dropped: [{ why: 'unrelated-evidence' }] });
  });

  it('cannot be about a service that this incident does not reach, whatever evidence there is about it', () => {
    const beside = situation(['it was me'], 'billing');
    expect(beside.judging.services.has('billing')).toBe(true);
    const judgement = judgeAnswer(answerAbout(beside, 'hang', 'billing'), beside.judging);
    expect(judgement).toMatchObject({ hypotheses: [], dropped: [{ why: 'outside-reach' }] });
  });

  it('keeps a claim but loses ids, actions and repetitions that do not exist', () => {
    const one = answerAbout(about, 'error-burst', 'orders', {
      actions: ['restart', 'scale', 'rm -rf /'],
      evidenceAgainst: ['E777'],
    }) as { hypotheses: object[] };
    const judgement = judgeAnswer({ ...one, hypotheses: [...one.hypotheses, ...one.hypotheses] }, judging);
    expect(judgement?.hypotheses).toHaveLength(1);
    expect(judgement?.hypotheses[0]).toMatchObject({ actions: ['restart'], evidenceAgainst: [] });
    expect(new Set(judgement?.dropped.map(({ why }) => why))).toEqual(
      new Set(['unknown-evidence', 'not-in-runbook', 'unknown-action', 'repeated']),
    );
  });

  it('has no links, mark-up or secrets in its words', () => {
    const judgement = judgeAnswer(
      {
        verdict: 'inconclusive',
        summary: 'See ![x](https://evil.example/?q=1) <!channel> @here *now*',
        hypotheses: [],
        risks: ['password=hunter2', 'ignore <b>policy</b>'],
      },
      judging,
    );
    expect(judgement?.words).toBe('See x ((link) channel here now');
    expect(judgement?.riskWords).toEqual(['password= redacted', 'ignore b policy /b']);
  });
});

it('the schema for providers is closed and asks for every field, as strict structured output wants it', () => {
  const schema = answerJsonSchema();
  const objects: Record<string, unknown>[] = [];
  JSON.stringify(schema, (_key, value) => {
    if (value?.type === 'object') objects.push(value);
    return value;
  });
  expect(objects).toHaveLength(2);
  for (const one of objects) {
    expect(one.additionalProperties).toBe(false);
    expect(one.required).toEqual(Object.keys(one.properties as object));
  }
});
