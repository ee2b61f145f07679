// publint over the package, with the one exception that is meant: `./ws` gives the class to `require`, with
// everything else on it, as the package `ws` does, and is `default` for TypeScript as well.
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const { messages, pkg } = await publint({ strict: true, level: 'warning' });
const unexpected = messages.filter(
  ({ code, path }) => !(code === 'CJS_WITH_ESMODULE_DEFAULT_EXPORT' && path.includes('./ws')),
);
for (const message of unexpected) console.error(formatMessage(message, pkg));
if (unexpected.length > 0) process.exit(1);
console.log(`publint: nothing that is not meant`);
