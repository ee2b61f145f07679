/** The parts of valibot that check files of strangers. `scripts/bundle-vendor.mjs` bundles them into the package. */
export {
  array,
  boolean,
  check,
  getDotPath,
  integer,
  literal,
  maxLength,
  maxValue,
  minValue,
  nullable,
  number,
  object,
  optional,
  pipe,
  record,
  regex,
  safeParse,
  strictObject,
  string,
} from 'valibot';
export type { InferOutput } from 'valibot';
