import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Environment } from '../core/index.ts';
import type { ValueTarget } from '../dns/index.ts';
import { failureOf, onStage, recordFor, type Stage, signal } from './stage.testing.ts';
import { type Answer, type NotedRequest, WebServer } from './web-server.testing.ts';
import { entry } from './webhook.ts';
import { fillIn } from './webhook-template.ts';

const urls = { WEBHOOK_ADD_URL: 'http://dns.example/add', WEBHOOK_REMOVE_URL: 'http://dns.example/remove' };
const record = recordFor('example.com', 'one', 'example.com.');

async function withWebhook(
  environment: Environment,
  story: (stage: Stage) => Promise<void>,
  answer: Answer = () => new Response('done'),
): Promise<readonly NotedRequest[]> {
  const server = new WebServer(answer);
  await onStage(
    {
      entry,
      environment: { ...urls, ...environment },
      // The simulation's own trace shows addresses, so a key in one is looked for in the failure alone.
      secrets: ['hush-token', 'hush-header'],
      prepare: (world) => server.start(world, 'dns.example'),
    },
    story,
  );
  return server.requests;
}

const both = async ({ open }: Stage): Promise<void> => {
  const provider = await open();
  await provider.add([record], signal);
  await provider.remove([{ record }], signal);
};

describe('webhook', () => {
  it('posts name, value and TTL as JSON unless told otherwise', async () => {
    const requests = await withWebhook({}, both);
    expect(requests.map(({ line }) => line)).toEqual(['POST /add', 'POST /remove']);
    for (const { body, headers } of requests) {
      expect(JSON.parse(body)).toEqual({ name: '_acme-challenge.example.com', value: 'one', ttl: 120 });
      expect(headers.get('content-type')).toBe('application/json');
    }
  });

  it('fills in every placeholder, in addresses and bodies', async () => {
    const requests = await withWebhook(
      {
        WEBHOOK_ADD_URL: 'http://dns.example/{zone}/{relative}?v={value}&other={other}',
        WEBHOOK_REMOVE_URL: 'http://dns.example/{fqdn}/{domain}',
        WEBHOOK_METHOD: 'put',
        WEBHOOK_REMOVE_METHOD: 'DELETE',
        WEBHOOK_BODY: '{"text": "{quoted}", "seconds": {ttl}}',
        WEBHOOK_TTL: '300',
      },
      both,
    );
    expect(requests.map(({ line }) => decodeURIComponent(line))).toEqual([
      'PUT /example.com/_acme-challenge?v=one&other={other}',
      'DELETE /_acme-challenge.example.com./example.com',
    ]);
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ text: '"one"', seconds: 300 });
  });

  it('knows the validated domain behind a CNAME', async () => {
    const delegated = { ...record, name: 'a1b2.acme.example.', zone: 'example.' };
    const [request] = await withWebhook({ WEBHOOK_BODY: '["{domain}", "{fqdn}"]' }, async ({ open }) => {
      await (await open()).add([delegated], signal);
    });
    expect(JSON.parse(request?.body ?? '')).toEqual(['example.com', 'a1b2.acme.example.']);
  });

  it('sends no body with GET, and none with DELETE unless there is one', async () => {
    const requests = await withWebhook({ WEBHOOK_METHOD: 'GET', WEBHOOK_REMOVE_METHOD: 'DELETE' }, both);
    expect(requests.map(({ body }) => body)).toEqual(['', '']);
  });

  it('sends forms and plain text', async () => {
    const [form] = await withWebhook({ WEBHOOK_CONTENT_TYPE: 'application/x-www-form-urlencoded' }, both);
    expect(form?.body).toBe('name=_acme-challenge.example.com&value=one&ttl=120');
    const [text] = await withWebhook({ WEBHOOK_CONTENT_TYPE: 'text/plain', WEBHOOK_BODY: '{fqdn} TXT {quoted}' }, both);
    expect(text?.body).toBe('_acme-challenge.example.com. TXT "one"');
  });

  it('asks for the zone only when a template has it', async () => {
    await withWebhook({}, async ({ open }) => expect((await open()).zones).toBe('not-needed'));
    await withWebhook({ WEBHOOK_BODY: '"{zone}"' }, async ({ open }) => expect((await open()).zones).toBe('needed'));
  });

  it('logs in by token, by user name and by headers, none of which shows in a failure', async () => {
    const environment = {
      WEBHOOK_TOKEN: 'hush-token',
      WEBHOOK_HEADERS: 'X-Key: hush-header | x-tenant: 7',
      WEBHOOK_ADD_URL: 'http://dns.example/add?key=hush-query-key',
      LEGO_DEBUG_CLIENT_VERBOSE_ERROR: 'true',
    };
    const [request] = await withWebhook(
      environment,
      async ({ open }) => {
        const failure = await failureOf((await open()).add([record], signal));
        expect(failure).toMatchObject({ code: 'provider-failed', message: expect.stringContaining('[request: POST') });
        expect(String(failure)).not.toContain('hush');
      },
      (asked) =>
        new Response(`no ${asked.headers.get('x-key')} ${asked.headers.get('authorization')} ${asked.url}`, {
          status: 400,
        }),
    );
    expect(request?.headers.get('authorization')).toBe('Bearer hush-token');
    expect(request?.headers.get('x-key')).toBe('hush-header');
    expect(request?.headers.get('x-tenant')).toBe('7');
    const [basic] = await withWebhook({ WEBHOOK_USERNAME: 'me', WEBHOOK_PASSWORD: 'hush-token' }, both);
    expect(basic?.headers.get('authorization')).toBe(`Basic ${Buffer.from('me:hush-token').toString('base64')}`);
  });

  it('takes 409 for added and 404 for removed', async () => {
    const requests = await withWebhook(
      {},
      both,
      ({ url }) => new Response('', { status: url.endsWith('add') ? 409 : 404 }),
    );
    expect(requests).toHaveLength(2);
  });

  it('is one at a time when it has to be', async () => {
    await withWebhook({ WEBHOOK_SEQUENTIAL: 'true' }, async ({ open }) =>
      expect((await open()).locks([record])).toHaveLength(1),
    );
    await withWebhook({}, async ({ open }) => expect((await open()).locks([record])).toEqual([]));
  });

  it.each<[string, Environment, string]>([
    ['no address', { WEBHOOK_ADD_URL: '' }, 'WEBHOOK_ADD_URL'],
    ['an address without a scheme', { WEBHOOK_ADD_URL: 'dns.example/add' }, 'WEBHOOK_ADD_URL'],
    ['a placeholder in the host', { WEBHOOK_REMOVE_URL: 'http://{zone}/x' }, 'WEBHOOK_REMOVE_URL'],
    ['a password in the address', { WEBHOOK_ADD_URL: 'http://me:hush@dns.example' }, 'WEBHOOK_ADD_URL'],
    ['a method that is none', { WEBHOOK_METHOD: 'SEND' }, 'WEBHOOK_METHOD'],
    ['a body that is not JSON', { WEBHOOK_BODY: '{name}' }, 'not JSON'],
    ['a header that is none', { WEBHOOK_HEADERS: 'x-key hush' }, 'WEBHOOK_HEADERS'],
  ])('refuses %s', async (_what, environment, word) => {
    await withWebhook(environment, async ({ open }) => {
      const failure = await failureOf(open());
      expect(failure).toMatchObject({ code: 'usage', message: expect.stringContaining(word) });
      expect(String(failure)).not.toContain('hush');
    });
  });
});

describe('a template', () => {
  const target = (text: string): ValueTarget => ({
    zone: { apex: 'example.com.', name: 'example.com', id: '', data: undefined },
    name: 'a',
    fqdn: 'a.example.com.',
    ttl: 60,
    value: text,
    text,
  });

  it('can hold any value without becoming something else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(JSON.parse(fillIn('{"v":"{value}"}', 'json', target(text)))).toEqual({ v: text });
        const { searchParams } = new URL(fillIn('http://h/?v={value}&w=1', 'url', target(text)));
        expect([searchParams.get('v'), searchParams.get('w')]).toEqual([text, '1']);
        expect(new URLSearchParams(fillIn('v={value}', 'form', target(text))).get('v')).toBe(text);
      }),
    );
  });

  it('does not fill in what it has filled in', () => {
    expect(fillIn('{value}', 'text', target('{fqdn} $& $1'))).toBe('{fqdn} $& $1');
    expect(fillIn('{constructor} {toString}', 'text', target('v'))).toBe('{constructor} {toString}');
  });
});
