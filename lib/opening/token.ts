/** A token of HTTP (RFC 9110, section 5.6.2), such as a subprotocol. */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
