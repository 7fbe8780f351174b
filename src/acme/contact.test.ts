import { describe, expect, it } from 'vitest';
import { checkContacts } from './contact.ts';

describe('checkContacts', () => {
  it.each([
    [[]],
    [['mailto:me@example.com']],
    [['mailto:a+b@example.com', 'tel:+12025551212']],
    [['mailto:jörg@bücher.example']],
  ])('lets %j pass', (contacts) => {
    expect(() => checkContacts(contacts)).not.toThrow();
  });

  it.each([
    'mailto:me',
    'mailto:me@example.com?subject=hi',
    'mailto:a@example.com,b@example.com',
    'mailto:',
    'mailto:a b@example.com',
  ])('refuses %j before the server is asked', (contact) => {
    expect(() => checkContacts([contact])).toThrow(
      expect.objectContaining({ code: 'usage', next: expect.any(String) }),
    );
  });
});
