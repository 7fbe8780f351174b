#!/usr/bin/env node
// Runs the suites under interop/ against the real peers, which it installs first. A peer that cannot be had is a failure.
import { installDebianPrograms, installPeer, peerEnvironment } from './lib/peers.mjs';
import { close } from './lib/summary.mjs';
import { runVitest } from './lib/vitest.mjs';

const needed = ['pebble', 'pebble-challtestsrv', 'lego', 'dns-packet', 'dnspython'];

async function missing(what, install) {
  try {
    await install();
    return 0;
  } catch (error) {
    console.error(`interop: ${what} is needed and cannot be had. ${error.message}`);
    return 1;
  }
}

let absent = await missing("Debian's programs", installDebianPrograms);
for (const name of needed) absent += await missing(name, () => installPeer(name));
if (absent > 0) close({ passed: 0, failed: absent });
else
  close(await runVitest(['--config', 'vitest.interop.config.ts', ...process.argv.slice(2)], peerEnvironment(needed)));
