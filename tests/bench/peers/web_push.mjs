/** npm's web-push sending the same messages: `node web_push.mjs ordinary|cached FILE`, which prints JSON. */
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';

// Installed beside the tests' other packages, not beside this file.
const web_push = createRequire(new URL('../../node/package.json', import.meta.url))('web-push');

const [mode, file] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(file, 'utf8'));
const AT_ONCE = 256;
const vapid = { subject: 'mailto:bench@lexun.invalid', publicKey: plan.key.public_key, privateKey: plan.key.private_key };
const agent = new https.Agent({ keepAlive: true, maxSockets: AT_ONCE });
const headers_by_origin = new Map();

/** Signed once for each service and used again: what web-push leaves to its caller. */
function authorization(endpoint) {
  const { origin } = new URL(endpoint);
  if (!headers_by_origin.has(origin)) {
    const expires = Math.floor(Date.now() / 1000) + 12 * 3600;
    headers_by_origin.set(origin, web_push.getVapidHeaders(origin, vapid.subject, vapid.publicKey, vapid.privateKey, 'aes128gcm', expires).Authorization);
  }
  return headers_by_origin.get(origin);
}

function send({ endpoint, p256dh, auth }) {
  const options = { TTL: 600, urgency: 'high', topic: 'topic' };
  if (mode === 'ordinary') options.vapidDetails = vapid;
  else Object.assign(options, { agent, headers: { Authorization: authorization(endpoint) } });
  return web_push.sendNotification({ endpoint, keys: { p256dh, auth } }, plan.payload, options);
}

const from_cpu = process.cpuUsage();
const from_ms = performance.now();
const queue = plan.subscriptions.values();
let sent = 0;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (const each of queue) {
      await send(each);
      sent += 1;
    }
  }),
);
const { user, system } = process.cpuUsage(from_cpu);
console.log(JSON.stringify({ sent, cpu_s: (user + system) / 1e6, wall_s: (performance.now() - from_ms) / 1000 }));
process.exit(0);
