/** commander, for the commands and their help; `scripts/bundle-vendor.mjs` puts it into the package. */
export { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
