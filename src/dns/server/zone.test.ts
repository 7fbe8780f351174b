import { describe, expect, it } from 'vitest';
import { records, shown } from './questions.testing.ts';
import { DnsZone } from './zone.ts';
import type { ZoneContent } from './zone-content.ts';

describe('a zone', () => {
  it('begins with an SOA, its name servers and their addresses', () => {
    const zone = new DnsZone('Example.COM', { nameServers: { ns1: ['192.0.2.53', '2001:db8::53'], 'ns.test.': [] } });
    expect(zone.apex).toBe('example.com.');
    expect(shown(zone.list())).toEqual([
      'example.com. 300 SOA 1',
      'example.com. 300 NS ns1.example.com.',
      'example.com. 300 NS ns.test.',
      'ns1.example.com. 300 A 192.0.2.53',
      'ns1.example.com. 300 AAAA 2001:db8::53',
    ]);
    expect(zone.list('@', 'SOA')).toMatchObject([{ primary: 'ns1.example.com.', mailbox: 'hostmaster.example.com.' }]);
  });

  it('may be the root', () => {
    const zone = new DnsZone('.', { nameServers: { 'a.root.': ['192.0.2.53'] }, records: 'www.test TXT x' });
    expect(zone.texts('www.test.')).toEqual(['x']);
  });

  it('finds a value in whatever case its names are, and adds nothing twice', () => {
    const zone = new DnsZone('example.com', { records: 'www CNAME Target.Test.\nmx MX 1 Mail.Test.' });
    zone.add('WWW CNAME target.test.\nMX MX 1 mail.test.\nmx MX 2 mail.test.');
    expect(zone.list('mx')).toHaveLength(2);
    zone.remove('mx MX 1 MAIL.test.');
    expect(zone.list('mx', 'MX')).toMatchObject([{ preference: 2 }]);
  });

  it('says what each change really did, and counts only those that did something', () => {
    const zone = new DnsZone('example.com', { records: 'www 300 TXT one' });
    expect(zone.add('www 300 TXT one')).toEqual({ added: [], removed: [] });
    expect(zone.remove('www TXT two')).toEqual({ added: [], removed: [] });
    expect(zone.serial).toBe(1);
    const change = zone.add('www 60 TXT two');
    expect(shown(change.added)).toEqual(['www.example.com. 60 TXT one', 'www.example.com. 60 TXT two']);
    expect(shown(change.removed)).toEqual(['www.example.com. 300 TXT one']);
    expect(zone.serial).toBe(2);
    const nothing = zone.change((draft) => {
      for (const record of records('new TXT x')) {
        draft.add(record);
        draft.remove(record);
      }
    });
    expect(nothing).toEqual({ added: [], removed: [] });
    expect(zone.serial).toBe(2);
  });

  it('removes a type at a name, or all of the name', () => {
    const zone = new DnsZone('example.com', { records: 'www TXT a\nwww TXT b\nwww A 192.0.2.1\nwww AAAA ::1' });
    zone.removeAll('www', 'TXT');
    expect(zone.list('www').map(({ type }) => type)).toEqual(['A', 'AAAA']);
    zone.removeAll('WWW.example.com.');
    expect(zone.list('www')).toEqual([]);
  });

  it('holds no name of another zone, and nothing of a change that has one', () => {
    const zone = new DnsZone('example.com');
    expect(() => zone.add('www A 192.0.2.1\nwww.example.net. A 192.0.2.1')).toThrow(TypeError);
    expect(() => zone.add('badexample.com. A 192.0.2.1')).toThrow(TypeError);
    expect([zone.serial, zone.list('www')]).toEqual([1, []]);
  });

  it('goes on after the last serial with 1, and takes one that is set', () => {
    const zone = new DnsZone('example.com', { serial: 0xffffffff });
    zone.add('www TXT x');
    expect(zone.serial).toBe(1);
    zone.add('@ SOA ns hostmaster 77 1 2 3 4');
    expect(zone.serial).toBe(77);
  });

  it('tells who listens, and keeps what it was for who holds it', () => {
    const zone = new DnsZone('example.com');
    const before = zone.content;
    const seen: ZoneContent[] = [];
    const stop = zone.onChange((content) => seen.push(content));
    zone.add('www TXT x');
    zone.add('www TXT x');
    stop();
    zone.add('www TXT y');
    expect(seen).toHaveLength(1);
    expect([before, ...seen, zone.content].map(({ soa }) => soa?.serial)).toEqual([1, 2, 3]);
    expect([before.exists('www.example.com.'), zone.content.exists('WWW.example.com.')]).toEqual([false, true]);
  });
});
