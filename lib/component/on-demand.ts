/**
 * Modules of Node that are loaded when they are first used. To load them takes as long as to load all code of this package,
 * and a program that has imported the package may not need them yet, or never.
 */
import type * as Crypto from 'node:crypto';
import type * as Http from 'node:http';
import type * as Https from 'node:https';
import type * as Net from 'node:net';
import type * as WebStreams from 'node:stream/web';
import type * as Tls from 'node:tls';
import type * as WorkerThreads from 'node:worker_threads';
import type * as Zlib from 'node:zlib';

/* eslint-disable @typescript-eslint/no-require-imports -- an import would load them at once */
let loadedCrypto: typeof Crypto | null = null;
/** Each handshake asks for it. */
export const crypto = (): typeof Crypto => (loadedCrypto ??= require('node:crypto') as typeof Crypto);

let loadedZlib: typeof Zlib | null = null;
/** Each compressed message asks for it. */
export const zlib = (): typeof Zlib => (loadedZlib ??= require('node:zlib') as typeof Zlib);

let loadedThreads: typeof WorkerThreads | null = null;
/** Each chunk that a socket has read asks for it. */
export const workerThreads = (): typeof WorkerThreads =>
  (loadedThreads ??= require('node:worker_threads') as typeof WorkerThreads);

let loadedHttp: typeof Http | null = null;
/** Each request and each answer asks for it. */
export const http = (): typeof Http => (loadedHttp ??= require('node:http') as typeof Http);

let loadedNet: typeof Net | null = null;
/** Each transport of a client asks for it. */
export const net = (): typeof Net => (loadedNet ??= require('node:net') as typeof Net);

export const https = (): typeof Https => require('node:https') as typeof Https;
export const tls = (): typeof Tls => require('node:tls') as typeof Tls;
export const webStreams = (): typeof WebStreams => require('node:stream/web') as typeof WebStreams;
