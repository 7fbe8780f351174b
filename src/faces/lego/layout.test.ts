import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountFolder, accountHost, LegoLayout } from './layout.ts';

describe('lego’s tree', () => {
  it('has the files of a certificate side by side', () => {
    expect(new LegoLayout('/srv/lego/').certificate('*.example.com')).toEqual({
      base: '_.example.com',
      folder: '/srv/lego/certificates',
      crt: '/srv/lego/certificates/_.example.com.crt',
      issuer: '/srv/lego/certificates/_.example.com.issuer.crt',
      key: '/srv/lego/certificates/_.example.com.key',
      pem: '/srv/lego/certificates/_.example.com.pem',
      json: '/srv/lego/certificates/_.example.com.json',
    });
    expect(new LegoLayout('/').certificates).toBe('/certificates');
    expect(() => new LegoLayout('')).toThrow(TypeError);
  });

  it('has accounts by host and id', () => {
    const { folder, json, key } = new LegoLayout('.lego').account('https://localhost:14000/dir', 'me@example.com');
    expect(folder).toBe('.lego/accounts/localhost_14000/me@example.com');
    expect(json).toBe(`${folder}/account.json`);
    expect(key).toBe(`${folder}/me@example.com.key`);
  });

  it.each([
    ['https://acme-v02.api.letsencrypt.org/directory', 'acme-v02.api.letsencrypt.org'],
    ['https://CA.example:443/dir?x', 'CA.example_443'],
    ['https://[::1]:14000/dir', '[__1]_14000'],
    ['http://user:secret@ca.test/dir', 'ca.test'],
  ])('takes %s for host %s', (directory, host) => {
    expect(accountHost(directory)).toBe(host);
  });

  it('refuses what is no URL', () => {
    expect(() => accountHost('letsencrypt')).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it.each([
    ['me@example.com', 'me@example.com'],
    ['Me+tag@example.com', 'Me+tag@example.com'],
    ['a/b', 'a%2Fb'],
    ['a\\b', 'a%5Cb'],
    ['..', '%2E%2E'],
    ['...', '...'],
    ['100%', '100%'],
    ['a%2Fb', 'a%252Fb'],
    ['nul\0', 'nul%00'],
  ])('names the folder of the account %j %s', (id, folder) => {
    expect(accountFolder(id)).toBe(folder);
  });

  it('keeps every account in a folder of its own, inside the tree', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), { minLength: 2 }), (ids) => {
        const usable = ids.filter((id) => Buffer.byteLength(id) <= 200);
        const folders = usable.map(accountFolder);
        for (const folder of folders) expect(folder).not.toMatch(/[/\\\0]|^\.{1,2}$/);
        expect(new Set(folders).size).toBe(new Set(usable).size);
      }),
    );
    expect(() => accountFolder('')).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(() => accountFolder('x'.repeat(201))).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
