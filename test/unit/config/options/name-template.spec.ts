import { hostname } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import {
  checkNameTemplate,
  expandName,
  isRandomName,
  makePlaceholders,
} from '../../../../lib/config/options/name-template.js';

describe('checkNameTemplate', () => {
  it.each(['store', 'worker1', 'store-{hostname}', '{random4}{pid}', 'größe 1', 'a.b_c:d'])(
    'accepts %p',
    (name) => {
      expect(checkNameTemplate(name)).toBeUndefined();
    },
  );

  it.each([
    ['', 'empty'],
    ['   ', 'empty'],
    [' store', 'white space'],
    ['store\n', 'white space'],
    ['st\u0000ore', 'control character'],
    ['store-{hostname', 'brace'],
    ['store}', 'brace'],
    ['{{pid}}', 'brace'],
    ['{}', 'unknown placeholder {}'],
  ])('refuses %p', (name, reason) => {
    expect(checkNameTemplate(name)?.found).toContain(reason);
  });

  it('names the nearest placeholder for one that does not exist', () => {
    expect(checkNameTemplate('store-{hostnme}')).toMatchObject({
      found: 'the unknown placeholder {hostnme}',
      nearest: '{hostname}',
    });
  });
});

describe('expandName', () => {
  it('fills in host and process', () => {
    expect(expandName('{hostname}-{pid}', makePlaceholders())).toBe(
      `${hostname().toLowerCase()}-${process.pid}`,
    );
  });

  it.each([4, 8, 16])('fills in %i random letters', (length) => {
    const name = expandName(`a-{random${length}}`, makePlaceholders());

    expect(name).toMatch(new RegExp(`^a-[a-z]{${length}}$`));
    expect(expandName('{random16}', makePlaceholders())).not.toBe(
      expandName('{random16}', makePlaceholders()),
    );
  });

  it('fills in adjective, noun and number', () => {
    expect(expandName('{friendly}', makePlaceholders())).toMatch(/^[a-z]+-[a-z]+-\d{1,3}$/);
  });

  it('gives every name of a process the same random part', () => {
    const placeholders = makePlaceholders();

    expect(expandName('{random8}', placeholders)).toBe(expandName('{random8}', placeholders));
  });
});

describe('isRandomName', () => {
  it.each([
    ['{friendly}', true],
    ['store-{random4}', true],
    ['{hostname}', false],
    ['random4', false],
  ])('says of %p: %p', (name, random) => {
    expect(isRandomName(name)).toBe(random);
  });
});
