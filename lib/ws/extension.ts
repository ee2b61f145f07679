/** Reads and writes the header `Sec-WebSocket-Extensions` as `ws` does (RFC 6455, section 9.1). */
import { HeaderReader } from './header-reader.js';

/** Parameters by name, each with all its values. A parameter without a value has the value `true`. */
export type ParsedParameters = Record<string, (string | true)[]>;
/** Extensions by name, each with the parameters of all its offers. */
export type ParsedExtensions = Record<string, ParsedParameters[]>;
/** The parameters that {@link format} takes, by name. A parameter may have one value or several. */
export type Parameters = Record<string, string | number | true | readonly (string | number | true)[]>;

/** @throws SyntaxError: the header is malformed. */
export function parse(header: string): ParsedExtensions {
  const reader = new HeaderReader(header);
  const extensions = Object.create(null) as ParsedExtensions;
  for (;;) {
    const name = reader.token();
    const parameters = Object.create(null) as ParsedParameters;
    let separator = readSeparator(reader);
    while (separator === ';') {
      reader.skipSpace();
      const key = reader.token();
      let value: string | true = true;
      if (reader.take('=')) value = reader.take('"') ? reader.quotedToken() : reader.token();
      (parameters[key] ??= []).push(value);
      separator = readSeparator(reader);
    }
    (extensions[name] ??= []).push(parameters);
    if (separator === '') return extensions;
    reader.skipSpace();
  }
}

/** Reads the separator before the next extension (`,`) or parameter (`;`); '' at the end of the header. */
function readSeparator(reader: HeaderReader): ',' | ';' | '' {
  reader.skipSpace();
  if (reader.isAtEnd) return '';
  if (reader.take(';')) return ';';
  if (reader.take(',')) return ',';
  throw reader.unexpected();
}

export function format(extensions: Record<string, Parameters | readonly Parameters[]>): string {
  const elements: string[] = [];
  for (const [name, given] of Object.entries(extensions)) {
    for (const parameters of Array.isArray(given) ? (given as Parameters[]) : [given as Parameters]) {
      const parts = [name];
      for (const [key, values] of Object.entries(parameters))
        for (const value of [values].flat()) parts.push(value === true ? key : `${key}=${String(value)}`);
      elements.push(parts.join('; '));
    }
  }
  return elements.join(', ');
}
