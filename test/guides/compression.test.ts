import { strict as assert } from 'node:assert';

import { describeGuide } from '../support/page-programs.js';

/** The lines without the digits after the point, which depend on the version of zlib. */
function rounded(text: string): string {
  return text.replaceAll(/(\d)\.\d to 1/g, '$1 to 1');
}

describeGuide('compression', [], (guide) => {
  it('measures every choice as on the page', async () => {
    const printed = await guide.run('measure.mjs', { env: { WSPC_BACKEND: 'portable' } });
    assert.equal(rounded(printed), rounded(guide.fragment(/It prints:/)));
  });
});
