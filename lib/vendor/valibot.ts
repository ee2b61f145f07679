/** The parts of valibot that are used, for files that strangers sent; `scripts/bundle-vendor.mjs` puts it into the package. */
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
