import { describe, expect, it } from 'vitest';
import { names, problem, RawClient, textAt } from './raw-client.testing.ts';
import { createWorld } from './world.testing.ts';

describe('a new account', () => {
  it('is made with 201, its URL in Location', async () => {
    const client = new RawClient(await createWorld());
    const reply = await client.newAccount({ contact: ['mailto:admin@example.com'], unknown: 1 });
    expect(reply.status).toBe(201);
    expect(reply.headers.get('location')).toMatch(/^https:\/\/ca\.test\/account\/[A-Za-z0-9_-]{16}$/);
    expect(reply.json).toEqual({
      status: 'valid',
      contact: ['mailto:admin@example.com'],
      orders: `${client.kid}/orders`,
    });
    expect(reply.text.startsWith('{"status":"valid"')).toBe(true);
  });

  it('is found again by its key with 200, as it is', async () => {
    const client = await RawClient.registered(await createWorld());
    const { kid } = client;
    const again = await client.newAccount({ contact: ['mailto:other@example.com'], onlyReturnExisting: true });
    expect(again.status).toBe(200);
    expect(again.headers.get('location')).toBe(kid);
    expect(again.json).toMatchObject({ contact: [] });
  });

  it('is not made when only an existing one is wanted', async () => {
    const client = new RawClient(await createWorld());
    expect(await client.newAccount({ onlyReturnExisting: true })).toMatchObject(problem('accountDoesNotExist', 400));
  });

  it.each([
    ['invalidContact', 'admin@example.com'],
    ['unsupportedContact', 'tel:+123'],
    ['invalidContact', 'mailto:a@example.com,b@example.com'],
    ['invalidContact', 'mailto:a@example.com?subject=x'],
    ['invalidContact', 'mailto:nobody'],
  ])('has %s for %s', async (type, contact) => {
    const client = new RawClient(await createWorld());
    expect(await client.newAccount({ contact: [contact] })).toMatchObject(problem(type, 400));
  });

  it('has at most ten contacts', async () => {
    const client = new RawClient(await createWorld());
    expect(await client.newAccount({ contact: Array(11).fill('mailto:a@b.c') })).toMatchObject(
      problem('invalidContact', 400),
    );
  });

  it('is refused with the place of what is wrong', async () => {
    const client = new RawClient(await createWorld());
    expect(await client.newAccount({ contact: ['mailto:a@b.c', 7] })).toMatchObject(
      problem('malformed', 400, /at "contact\.1"/),
    );
    expect(await client.newAccount({ termsOfServiceAgreed: 'yes' })).toMatchObject(
      problem('malformed', 400, /termsOfServiceAgreed/),
    );
  });

  it('may have null and nothing for what is optional', async () => {
    const client = new RawClient(await createWorld());
    expect((await client.newAccount({ contact: null, externalAccountBinding: null })).status).toBe(201);
  });
});

describe('an account', () => {
  it('changes its contacts and nothing else', async () => {
    const client = await RawClient.registered(await createWorld());
    const reply = await client.post(client.kid, {
      contact: ['mailto:new@example.com'],
      orders: 'x',
      termsOfServiceAgreed: true,
    });
    expect(reply.json).toEqual({
      status: 'valid',
      contact: ['mailto:new@example.com'],
      orders: `${client.kid}/orders`,
    });
    expect((await client.read(client.kid)).json).toEqual(reply.json);
  });

  it('is deactivated for good', async () => {
    const client = await RawClient.registered(await createWorld());
    expect(await client.post(client.kid, { status: 'revoked' })).toMatchObject(problem('malformed', 400));
    const reply = await client.post(client.kid, { status: 'deactivated' });
    expect(reply).toMatchObject({ status: 200, json: { status: 'deactivated' } });
    expect(await client.read(client.kid)).toMatchObject(problem('unauthorized', 401, /deactivated/));
    expect(await client.newOrder(names('a.test'))).toMatchObject(problem('unauthorized', 401));
    expect(await client.newAccount({})).toMatchObject(problem('unauthorized', 401, /deactivated/));
  });

  it('cancels its validations when it is deactivated', async () => {
    const world = await createWorld();
    const client = await RawClient.registered(world);
    const order = await client.newOrder(names('a.test'));
    const challenge = await client.provision(textAt(order.json, 'authorizations', 0));
    await client.post(challenge, {});
    await client.post(client.kid, { status: 'deactivated' });
    await world.finish();
    expect(world.ca.stats()).toMatchObject({ orders: 1, certificates: 0 });
  });

  it('is seen by itself only', async () => {
    const world = await createWorld();
    const client = await RawClient.registered(world);
    const other = await RawClient.registered(world);
    expect(await client.read(other.kid)).toMatchObject(problem('unauthorized', 403));
    expect(await client.read(`${other.kid}/orders`)).toMatchObject(problem('unauthorized', 403));
  });
});

describe('the list of orders', () => {
  it('comes in pages, without failed orders', async () => {
    const world = await createWorld({ ordersPerPage: 2 });
    const client = await RawClient.registered(world);
    const urls: string[] = [];
    for (const name of ['a.test', 'b.test', 'c.test', 'd.test', 'e.test']) {
      const order = await client.newOrder(names(name));
      urls.push(order.headers.get('location') ?? '');
      if (name === 'b.test') await client.post(textAt(order.json, 'authorizations', 0), { status: 'deactivated' });
    }
    const seen: string[] = [];
    let next: string | undefined = `${client.kid}/orders`;
    let pages = 0;
    while (next !== undefined) {
      const page = await client.read(next);
      pages += 1;
      seen.push(...(Object(page.json).orders as readonly string[]));
      next = /<([^>]+)>;rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual(urls.filter((_url, index) => index !== 1));
    expect(pages).toBe(2);
  });

  it('is an object with an empty list when there are none', async () => {
    const client = await RawClient.registered(await createWorld());
    expect((await client.read(`${client.kid}/orders`)).json).toEqual({ orders: [] });
    expect(await client.read(`${client.kid}/orders?cursor=x`)).toMatchObject(problem('malformed', 400));
  });
});
