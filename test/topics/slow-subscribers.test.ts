import { runSlowSubscribers } from './slow-subscribers.js';

describe('topics with a third of the subscribers slow', function () {
  this.timeout(120_000);

  // `npm run soak` has 10,000 subscribers. Named pipes of Windows have other buffers.
  if (process.platform === 'win32') return;
  for (const policy of ['drop', 'close', 'wait'] as const) {
    it(`${policy}: bounded memory, and the others get all`, async () => {
      await runSlowSubscribers(policy, 300);
    });
  }
});
