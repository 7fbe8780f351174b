// An account key that this process never holds: everseal asks a signer for signatures, wherever the key lives (a KMS, an
// HSM, an agent on another machine). Here the "device" is a worker thread. Registers an account and orders a name:
// `npm run build && node examples/external-signer.mjs`.
import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { startCa } from 'everseal';
import { AcmeClient } from 'everseal/acme';
import { nodePorts } from 'everseal/node';

const device = new Worker(
  `
  const { generateKeyPairSync, sign } = require('node:crypto');
  const { parentPort } = require('node:worker_threads');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  parentPort.postMessage(publicKey.export({ type: 'spki', format: 'pem' }));
  parentPort.on('message', ({ id, message }) => {
    // r || s in fixed width, as RFC 7518 §3.4 wants it. Devices that answer in DER need a conversion here.
    const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    parentPort.postMessage({ id, signature });
  });
  `,
  { eval: true },
);
// Listened for at once: what arrives while nobody listens is lost.
const introduction = once(device, 'message');

/** A `Signer` of `everseal/core`: a public key, its algorithm, and a function that signs. */
async function deviceSigner() {
  const [pem] = await introduction;
  const waiting = new Map();
  let requests = 0;
  device.on('message', ({ id, signature }) => {
    waiting.get(id)(signature);
    waiting.delete(id);
  });
  return {
    algorithm: 'EC256',
    publicKey: createPublicKey(pem),
    sign: (message) =>
      new Promise((resolve) => {
        requests += 1;
        waiting.set(requests, resolve);
        device.postMessage({ id: requests, message });
      }),
  };
}

const ca = await startCa();
try {
  const signer = await deviceSigner();
  const client = new AcmeClient({ ports: nodePorts(), directory: ca.directory, tls: { roots: [ca.root] } });
  const account = await client.createAccount({ signer, contacts: [], termsAgreed: true });
  console.log('account  ', account.url);
  const order = await account.newOrder({ identifiers: [{ type: 'dns', value: 'demo.localhost' }] });
  console.log('order    ', order.url, order.status);
  for (const { identifier, challenges } of await order.fetchAuthorizations()) {
    console.log('challenge', identifier.value, challenges.map(({ type }) => type).join(', '));
  }
  await order.deactivatePending();
} finally {
  await ca.close();
  await device.terminate();
}
