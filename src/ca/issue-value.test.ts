import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readIssueValue } from './issue-value.ts';

describe('an issue value', () => {
  it.each([
    ['ca.test', 'ca.test', {}],
    ['  CA.Test\t', 'ca.test', {}],
    [';', '', {}],
    ['', '', {}],
    ['ca.test;', 'ca.test', {}],
    ['ca.test; a=b', 'ca.test', { a: 'b' }],
    ['ca.test;A-1 =\tb:/=c ; x=', 'ca.test', { 'a-1': 'b:/=c', x: '' }],
    ['; policy=ev', '', { policy: 'ev' }],
  ])('is read: %j', (text, issuer, parameters) => {
    const value = readIssueValue(text);
    expect(value).toMatchObject({ fault: undefined, issuer });
    expect(value.fault === undefined && Object.fromEntries(value.parameters)).toEqual(parameters);
  });

  it.each([
    ['ca.test; a=b;', /empty parameter/],
    ['ca.test;; a=b', /empty parameter/],
    ['ca.test; a=b; A=c', /"A" twice/],
    ['ca.test; a', /"a" is not tag=value/],
    ['ca.test; a=b c', /not tag=value/],
    ['ca.test; -a=b', /not tag=value/],
    ['ca.test; ä=b', /not tag=value/],
    ['ca test', /not a domain name/],
    ['ca.test.', /not a domain name/],
    ['%%%', /not a domain name/],
  ])('is refused: %j', (text, fault) => {
    expect(readIssueValue(text).fault).toMatch(fault);
  });

  it('is read or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(['undefined', 'string']).toContain(typeof readIssueValue(text).fault);
      }),
    );
  });

  it('is read as it was written', () => {
    const tag = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    const parameters = fc.dictionary(tag, fc.stringMatching(/^[!-:<-~]{0,12}$/), { noNullPrototype: true });
    fc.assert(
      fc.property(parameters, (wanted) => {
        const text = ['ca.test', ...Object.entries(wanted).map(([name, value]) => `${name}=${value}`)].join('; ');
        const value = readIssueValue(text);
        expect(value.fault === undefined && Object.fromEntries(value.parameters)).toEqual(wanted);
      }),
    );
  });
});
