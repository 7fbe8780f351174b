import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../core/index.ts';
import { isProblem, problemOfReply, problemText, readProblem } from './problem.ts';
import { Reply } from './reply.ts';

const replyWith = (body: string): Reply =>
  new Reply('POST', 'https://ca.test/x', { status: 400, headers: new Map(), body: utf8(body) });

describe('problem documents', () => {
  it('RFC 8555 §6.7.1: the example with subproblems', () => {
    const problem = problemOfReply(
      replyWith(`{
        "type": "urn:ietf:params:acme:error:malformed",
        "detail": "Some of the identifiers requested were rejected",
        "subproblems": [
          { "type": "urn:ietf:params:acme:error:malformed", "detail": "Invalid underscore in DNS name \\"_example.org\\"",
            "identifier": { "type": "dns", "value": "_example.org" } },
          { "type": "urn:ietf:params:acme:error:rejectedIdentifier", "detail": "This CA will not issue for \\"example.net\\"",
            "identifier": { "type": "dns", "value": "example.net" } }
        ]
      }`),
    );
    expect(isProblem(problem, 'malformed')).toBe(true);
    expect(problem.subproblems.map(({ identifier }) => identifier?.value)).toEqual(['_example.org', 'example.net']);
    expect(problemText(problem)).toBe(
      'malformed: Some of the identifiers requested were rejected; _example.org: Invalid underscore in DNS name "_example.org"; example.net: This CA will not issue for "example.net"',
    );
  });

  it('an unknown type is kept', () => {
    expect(problemText(readProblem({ type: 'https://ca.test/errors/7', detail: 'no' }))).toBe(
      'https://ca.test/errors/7: no',
    );
  });

  it('are read from any body: bounded, printable, never failing', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ type: fc.anything(), detail: fc.anything(), subproblems: fc.anything() }).map((value) => {
        try {
          return JSON.stringify(value) ?? '';
        } catch {
          return '';
        }
      }),
    );
    fc.assert(
      fc.property(anything, (body) => {
        const text = problemText(problemOfReply(replyWith(body)));
        expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(text.length).toBeLessThan(5_000);
      }),
    );
  });

  it('a megabyte of detail is cut', () => {
    expect(readProblem({ detail: 'x'.repeat(1_000_000) }).detail.length).toBeLessThanOrEqual(500);
  });
});
