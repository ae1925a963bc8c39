/** What a series is called in the results: as in the folder that holds all of them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inputsOf } from '../../../app/backtest/inputs.ts';

let folder: string;
const at = (...parts: string[]) => path.join(folder, ...parts);
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sentinel-inputs-'));
  for (const name of [
    'web/cpu.csv',
    'web/notes.txt',
    'db/cpu.json',
    'db/deep/disk.CSV',
    'out/web/cpu.csv',
    'json/a.jsonl',
    'json/deep/b.json',
  ]) {
    mkdirSync(path.dirname(at(name)), { recursive: true });
    writeFileSync(at(name), '');
  }
  mkdirSync(at('empty'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const names = (...given: string[]) => inputsOf(given, at('out')).map(({ name }) => name);

test('of a folder every table in it and below, but for the results; JSON where there is no table', () => {
  expect(names(folder)).toEqual(['db/deep/disk.CSV', 'web/cpu.csv']);
  expect(names(at('json'))).toEqual(['a.jsonl', 'deep/b.json']);
});

test('of files what tells them apart', () => {
  expect(names(at('web/cpu.csv'))).toEqual(['cpu.csv']);
  expect(names(at('web/cpu.csv'), at('db/cpu.json'), at('web/cpu.csv'))).toEqual([
    'db/cpu.json',
    'web/cpu.csv',
  ]);
  expect(names(at('web'), at('db/deep/disk.CSV'))).toEqual(['db/deep/disk.CSV', 'web/cpu.csv']);
});

test('what is not there, or holds no series, is a usage error', () => {
  expect(() => names(at('nowhere.csv'))).toThrow(`there is no ${at('nowhere.csv')}`);
  expect(() => names(at('empty'))).toThrow('holds no CSV or JSON file');
});
