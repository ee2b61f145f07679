// Checks the package by publint. Every warning is a failure.
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const { messages, pkg } = await publint({ strict: true, level: 'warning' });
for (const message of messages) console.error(formatMessage(message, pkg));
if (messages.length > 0) process.exit(1);
console.log('publint: no warning');
