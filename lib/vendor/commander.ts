/** commander, for the commands and their help. `scripts/bundle-vendor.mjs` bundles it into the package. */
export { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
