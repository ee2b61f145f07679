/** permessage-deflate (RFC 7692), an extension like any other. */
import { formatExtension } from '../codec.js';
import type { AcceptedOffer, Extension, ExtensionParameters, MessageCodec } from '../codec.js';
import { DeflateCodec } from './codec.js';
import { agreementOn, answerTo, checkDeflateOptions, NAME, offerOf } from './parameters.js';
import type { PerMessageDeflateOptions } from './parameters.js';

export { isValidOffer } from './parameters.js';
export type { DeflateParameters, PerMessageDeflateOptions } from './parameters.js';

class PerMessageDeflate implements Extension {
  readonly name = NAME;
  readonly #options: PerMessageDeflateOptions;

  constructor(options: PerMessageDeflateOptions) {
    this.#options = options;
  }

  offers(): readonly string[] {
    return [formatExtension(NAME, offerOf(this.#options))];
  }

  conclude(parameters: ExtensionParameters): () => MessageCodec {
    const agreed = agreementOn(parameters, this.#options);
    return () => new DeflateCodec('client', agreed, this.#options);
  }

  accept(parameters: ExtensionParameters): AcceptedOffer | undefined {
    const result = answerTo(parameters, this.#options);
    if (result === undefined) return undefined;
    const { answer, agreed } = result;
    return {
      answer: formatExtension(NAME, answer),
      codec: () => new DeflateCodec('server', agreed, this.#options),
    };
  }
}

/**
 * The extension permessage-deflate.
 *
 * @throws TypeError, RangeError: an option of the wrong type or out of range.
 */
export function perMessageDeflate(options: PerMessageDeflateOptions = {}): Extension {
  checkDeflateOptions(options);
  return new PerMessageDeflate(options);
}
