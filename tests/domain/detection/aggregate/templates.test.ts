import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskedTokens } from '../../../../domain/detection/aggregate/masking.ts';
import {
  currentTemplate,
  type Template,
  TemplateMiner,
} from '../../../../domain/detection/aggregate/templates.ts';

const masked = (body: string): string => maskedTokens(body).join(' ');

describe('masking of a log message', () => {
  it.each([
    ['request 4711 took 12ms', 'request <n> took <n>'],
    ['session 3f2504e0-4f89-11d3-9a0c-0305e82c3301 gone', 'session <uuid> gone'],
    ['no route to 10.0.0.17:8080', 'no route to <host>'],
    ['at 0xdeadbeef in deadbeef01', 'at <hex> in <hex>'],
    ['2026-11-21T07:10:00.123Z ready', '<n>T<n>Z ready'],
    ['connection at Fri Jun 17 07:07:00 2005', 'connection at <time>'],
    ['rotated on 3 May, at last', 'rotated on <n> May, at last'],
    ['estimated size 5.2 KB, free 14.0 GB)', 'estimated size <n>, free <n>)'],
    ['1310 bytes (1.27 KB) sent, 15 bytes received', '<n> sent, <n> received'],
    ['waited (3 minutes)', 'waited (<n>)'],
    ['offset -17 of block blk_-1608999687919862906', 'offset <n> of block blk_<n>'],
    ['request inventory-4f3a9c1e-17 of web-2', 'request inventory-<hex>-<n> of web-<n>'],
    ['proxy.example.com:5070 close', '<host> close'],
    ['java.io.IOException: closed by peer', 'java.io.IOException: closed by peer'],
    ['reading /var/lib/data/part-7 failed', 'reading <path> failed'],
    ['split: hdfs://10.0.0.1:9000/logs/a.log:0+99', 'split: <url>'],
    ['session opened for user cyrus by root', 'session opened for user <name> by root'],
    ['check pass; user unknown', 'check pass; user unknown'],
    ['cannot open "secret name.txt"', 'cannot open "secret name.txt"'],
    ['plain words stay', 'plain words stay'],
  ])('%j becomes %j', (body, expected) => expect(masked(body)).toBe(expected));

  it('is bounded and total', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (body) => {
        const tokens = maskedTokens(body);
        expect(tokens.length).toBeLessThanOrEqual(40);
        expect(tokens.every((token) => token !== '')).toBe(true);
      }),
    );
    expect(masked(`${'"'.repeat(5_000)}${'1'.repeat(5_000)}`).length).toBeLessThan(2_000);
  });
});

describe('log templates', () => {
  it('are shared by messages of one statement', () => {
    const miner = new TemplateMiner(100);
    const first = miner.match('login from 10.0.0.1 took 12 ms');
    expect(miner.match('login from localhost took 9 ms')).toBe(first);
    expect(first.text).toBe('login from <*> took <n>');
    expect(miner.match('disk is full')).not.toBe(first);
  });

  it.each([
    [5, (name: string) => `shift of ${name} has begun`, 'shift of <*> has begun'],
    [8, (name: string) => `shift of ${name} has begun for ${name}`, 'shift of <*> has begun for <*>'],
  ])('become one when %i different words are at one place: names', (count, said, text) => {
    const miner = new TemplateMiner(100);
    const names = ['ada', 'bob', 'cyd', 'dan', 'eve', 'fay', 'gus', 'hal', 'ida'];
    const found = names.slice(0, count).map((name) => miner.match(said(name)));
    expect(new Set(found.slice(0, -1)).size).toBe(count - 1);
    expect(new Set(found.map(currentTemplate)).size).toBe(1);
    expect(currentTemplate(found[0] as Template).text).toBe(text);
    for (const name of names) expect(miner.match(said(name)).text).toBe(text);
  });

  it.each([
    ['10.0.0.1 "GET /a HTTP/1.1" status: 200', '10.0.0.1 "DELETE /a HTTP/1.1" status: 200'],
    ['task 7 transitioned from NEW to RUNNING', 'task 7 transitioned from NEW to FAILED'],
    ['printer startup succeeded', 'printer shutdown succeeded'],
    ['block 7 stored as bytes in memory', 'block 7 stored as values in memory'],
    ['the red light is on now', 'the blue lamp is on now'],
  ])('of two statements are two: %j, %j', (one, other) => {
    const miner = new TemplateMiner(100);
    expect(miner.match(one)).not.toBe(miner.match(other));
    expect(miner.match(one)).not.toBe(miner.match(other));
  });

  it('of many statements of one shape are as many', () => {
    const miner = new TemplateMiner(200);
    const words = Array.from({ length: 120 }, (_, n) =>
      String.fromCharCode(97 + (n % 26), 97 + Math.floor(n / 26)),
    );
    const all = words.map((word) => `component ${word.toUpperCase()} lost its link`);
    const once = new Set(all.map((body) => miner.match(body).id));
    expect(once.size).toBe(all.length);
    expect(new Set(all.map((body) => miner.match(body).id))).toEqual(once);
  });

  it('have an id that depends on the text only', () => {
    const id = new TemplateMiner(10).match('request 17 failed').id;
    expect(new TemplateMiner(10).match('request 99 failed').id).toBe(id);
  });

  it('keep their id over a restart', () => {
    const before = new TemplateMiner(10);
    const template = before.match('login from 10.0.0.1 took 12 ms');
    before.match('login from localhost took 9 ms');
    const after = new TemplateMiner(10);
    after.restore(template.id, template.text);
    expect(after.match('login from elsewhere took 7 ms').id).toBe(template.id);
  });

  it('make room for new ones when nobody has used the oldest for long', () => {
    const miner = new TemplateMiner(2, 900_000);
    const old = miner.match('alpha has happened', 0);
    miner.match('beta has happened', 0);
    expect(miner.match('gamma is new', 899_999).text).toBe('<*>');
    miner.match('beta has happened', 899_999);
    expect(miner.match('gamma is new', 900_000).text).toBe('gamma is new');
    // Alpha had to go, beta was in use.
    expect(miner.match('beta has happened', 900_001).text).toBe('beta has happened');
    expect(miner.match('alpha has happened', 900_002).text).toBe('<*>');
    expect(old.text).toBe('alpha has happened');
  });

  it('are not pushed out by a flood: what floods shares one', () => {
    const miner = new TemplateMiner(3, 900_000);
    const kept = ['alpha one', 'beta two', 'gamma three'].map((body) => miner.match(body, 0));
    for (let n = 0; n < 1_000; n += 1)
      expect(miner.match(`${String.fromCharCode(97 + (n % 26)).repeat(2 + (n % 50))} word`, n).text).toBe(
        '<*>',
      );
    expect(['alpha one', 'beta two', 'gamma three'].map((body) => miner.match(body, 2_000))).toEqual(kept);
  });

  it('are bounded: what is beyond the limit shares one', () => {
    const miner = new TemplateMiner(5);
    const words = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta'];
    const ids = new Set(words.map((word) => miner.match(`${word} happened to ${word}`).id));
    expect(ids.size).toBe(6);
    expect(miner.match('iota happened to iota').text).toBe('<*>');
    expect(miner.match('alpha happened to alpha').text).toBe('alpha happened to alpha');
  });
});
