// Asks a running point of care as a hospital's own software would, and prints what it was told as JSON.
// What to ask comes in on standard input: {address, key, questions: [{flag, context}], poll: context or null}.
import { readFileSync } from 'node:fs';
import { OpenFeature } from '@openfeature/server-sdk';
import { OFREPProvider } from '@openfeature/ofrep-provider';
import { OpenFeature as Browser } from '@openfeature/web-sdk';
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider';

const asked = JSON.parse(readFileSync(0, 'utf8'));
const headers = [['Authorization', `Bearer ${asked.key}`]];
const SOON = 15_000;

// Node's own fetch, which also notes how each request was answered.
function noting(statuses) {
  return async (...request) => {
    const answer = await fetch(...request);
    statuses.push(answer.status);
    return answer;
  };
}

// The provider for servers: one question for each encounter.
async function answers() {
  const statuses = [];
  const fetchImplementation = noting(statuses);
  await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: asked.address, headers, fetchImplementation }));
  const client = OpenFeature.getClient();
  const found = [];
  for (const { flag, context } of asked.questions) {
    const { value, reason, variant, flagMetadata } = await client.getStringDetails(flag, 'off', context);
    found.push({ value, reason, variant, why: flagMetadata?.why, status: statuses.at(-1) });
  }
  await OpenFeature.close();
  return found;
}

// The provider for pages: every rollout at once, and again until nothing had changed since the last time.
async function polled(context) {
  const statuses = [];
  const fetchImplementation = noting(statuses);
  const provider = new OFREPWebProvider({ baseUrl: asked.address, headers, pollInterval: 50, fetchImplementation });
  await Browser.setContext(context);
  await Browser.setProviderAndWait(provider);
  const until = Date.now() + SOON;
  while (!statuses.includes(304) && Date.now() < until) await new Promise((done) => setTimeout(done, 20));
  const values = asked.questions.map(({ flag }) => Browser.getClient().getStringValue(flag, 'off'));
  await Browser.close();
  return { statuses: [...new Set(statuses)], values };
}

const said = { answers: await answers(), polled: asked.poll ? await polled(asked.poll) : null };
process.stdout.write(JSON.stringify(said));
process.exit(0);
