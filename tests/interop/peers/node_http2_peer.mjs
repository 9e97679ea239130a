// A WebSocket client over HTTP/2 (RFC 8441) that obeys a script: the streams are those of
// Node's `http2`, the frames are made here.
//
//   node node_http2_peer.mjs URL [--subprotocol NAME]... [--header NAME=VALUE]...
//
// Commands come on standard input, one per line, each obeyed when the one before it is
// done; events leave on standard output, one JSON object per line. README.md lists both.
// The exit code is 0, or 1 when the stream could not be opened.

import { writeSync } from 'node:fs';
import http2 from 'node:http2';
import { createInterface } from 'node:readline';

const OPCODES = { 0: 'continuation', 1: 'text', 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' };
const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

// What was said, for a person: `>` we, `<` the server.
const transcript = [];
const note = (line) => transcript.push(line);

function emit(event, members = {}) {
  writeSync(1, `${JSON.stringify({ event, ...members })}\n`);
}

function frame(opcode, payload, fin = true) {
  const length = payload.length;
  let head;
  if (length < 126) head = Buffer.from([0, 0x80 | length]);
  else if (length < 65536) head = Buffer.from([0, 0x80 | 126, length >> 8, length & 255]);
  else {
    head = Buffer.alloc(10);
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  head[0] = (fin ? 0x80 : 0) | opcode;
  const masked = Buffer.from(payload);
  for (let i = 0; i < length; i += 1) masked[i] ^= MASK[i & 3];
  return Buffer.concat([head, MASK, masked]);
}

const quoted = (opcode, payload) =>
  opcode === 8
    ? payload.length < 2
      ? ''
      : ` ${payload.readUInt16BE(0)} ${payload.subarray(2)}`.trimEnd()
    : payload.length > 80
      ? ` (${payload.length} bytes)`
      : opcode === 2
        ? ` ${payload.toString('hex')}`
        : ` ${payload}`;

class Stream {
  constructor(session, url, path, options) {
    this.held = Buffer.alloc(0);
    this.arrived = [];
    this.wake = () => {};
    this.closeSent = false;
    const headers = {
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': url.protocol === 'wss:' ? 'https' : 'http',
      ':path': path,
      ':authority': url.host,
      'sec-websocket-version': '13',
      ...Object.fromEntries(options.headers),
    };
    if (options.subprotocols.length > 0) headers['sec-websocket-protocol'] = options.subprotocols.join(', ');
    note('> HEADERS');
    for (const [name, value] of Object.entries(headers)) {
      // The port is another one each time, and a credential is nobody's business.
      const told = name === ':authority' ? url.hostname : name === 'authorization' ? '...' : value;
      note(`    ${name}: ${told}`);
    }
    this.request = session.request(headers, { endStream: false });
    this.request.on('error', (error) => this.deliver(['failed', { message: error.message }]));
  }

  deliver(event) {
    this.arrived.push(event);
    this.wake();
  }

  async opened() {
    const headers = await new Promise((resolve, reject) => {
      this.request.once('response', resolve);
      this.request.once('error', reject);
    });
    note('< HEADERS');
    const shown = Object.entries(headers).filter(([name]) => name !== 'date' && name !== 'content-length');
    for (const [name, value] of shown) note(`    ${name}: ${value}`);
    const plain = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')));
    if (headers[':status'] !== 200) {
      let body = '';
      for await (const data of this.request.setEncoding('utf8')) body += data;
      emit('error', { message: 'refused', status: headers[':status'], headers: plain, body });
      return false;
    }
    let left = null;
    this.request.on('data', (data) => this.feed(data));
    this.request.on('end', () => note('< END_STREAM'));
    this.request.on('close', () => {
      const clean = this.close !== undefined && this.closeSent && this.request.rstCode === 0;
      left = this.close ?? { code: 1006, reason: '' };
      this.deliver(['close', { ...left, clean }]);
    });
    emit('open', {
      protocol: plain['sec-websocket-protocol'] ?? '',
      extensions: plain['sec-websocket-extensions'] ?? '',
      headers: plain,
    });
    return true;
  }

  write(opcode, payload, fin = true) {
    note(`> ${fin ? OPCODES[opcode] : `${OPCODES[opcode]}, to be continued,`}${quoted(opcode, payload)}`);
    this.request.write(frame(opcode, payload, fin));
  }

  // Frames of the server: whole ones, not masked.
  feed(data) {
    this.held = Buffer.concat([this.held, data]);
    for (;;) {
      if (this.held.length < 2) return;
      let length = this.held[1] & 127;
      let start = 2;
      if (length === 126) {
        if (this.held.length < 4) return;
        [length, start] = [this.held.readUInt16BE(2), 4];
      } else if (length === 127) {
        if (this.held.length < 10) return;
        [length, start] = [Number(this.held.readBigUInt64BE(2)), 10];
      }
      if (this.held.length < start + length) return;
      if (this.held[1] & 0x80 || this.held[0] >> 4 !== 8) throw new Error('a masked or broken frame of the server');
      const opcode = this.held[0] & 15;
      const payload = Buffer.from(this.held.subarray(start, start + length));
      this.held = this.held.subarray(start + length);
      note(`< ${OPCODES[opcode]}${quoted(opcode, payload)}`);
      if (opcode === 1) this.deliver(['message', { text: payload.toString() }]);
      else if (opcode === 2) this.deliver(['message', { binary: payload.toString('base64') }]);
      else if (opcode === 9) this.write(10, payload);
      else if (opcode === 10) this.deliver(['pong', {}]);
      else if (opcode === 8) {
        const code = payload.length < 2 ? 1005 : payload.readUInt16BE(0);
        this.close = { code, reason: payload.subarray(2).toString() };
        this.sendClose(payload.subarray(0, 2));
      }
    }
  }

  sendClose(payload) {
    if (this.closeSent) return;
    this.closeSent = true;
    this.write(8, payload);
    note('> END_STREAM');
    this.request.end();
  }

  async next() {
    while (!this.closed && this.arrived.length === 0) await new Promise((resolve) => (this.wake = resolve));
    const event = this.closed ?? this.arrived.shift();
    if (event[0] === 'close') this.closed = event;
    emit(...event);
    return !this.closed;
  }
}

const [address, ...rest] = process.argv.slice(2);
const options = { subprotocols: [], headers: [] };
for (let i = 0; i < rest.length; i += 2) {
  const value = rest[i + 1];
  if (value === undefined) throw new Error(`${rest[i]} needs a value`);
  if (rest[i] === '--subprotocol') options.subprotocols.push(value);
  else if (rest[i] === '--header') {
    const at = value.indexOf('=');
    options.headers.push([value.slice(0, at).toLowerCase(), value.slice(at + 1)]);
  } else throw new Error(`unknown argument ${rest[i]}`);
}

const url = new URL(address);
const session = http2.connect(`${url.protocol === 'wss:' ? 'https' : 'http'}://${url.host}`);
session.on('error', (error) => {
  emit('error', { message: error.message });
  process.exit(1);
});
const settings = await new Promise((resolve) => session.once('remoteSettings', resolve));
note(`< SETTINGS ENABLE_CONNECT_PROTOCOL = ${Number(settings.enableConnectProtocol)}`);
if (!settings.enableConnectProtocol) {
  emit('error', { message: 'the server does not take an extended CONNECT' });
  process.exit(1);
}
session.on('goaway', (code) => note(`< GOAWAY ${code}`));

const streams = [new Stream(session, url, url.pathname + url.search, options)];
let stream = streams[0];
if (!(await stream.opened())) process.exit(1);

for await (const line of createInterface({ input: process.stdin })) {
  const [, name, argument] = /^(\S*) ?(.*)$/.exec(line);
  try {
    if (name === 'send') stream.write(1, Buffer.from(argument));
    else if (name === 'binary') stream.write(2, Buffer.from(argument, 'base64'));
    else if (name === 'fragments') {
      const parts = JSON.parse(argument);
      parts.forEach((part, i) => stream.write(i === 0 ? 1 : 0, Buffer.from(part), i === parts.length - 1));
    } else if (name === 'ping') {
      stream.write(9, Buffer.from(argument));
      await stream.next();
    } else if (name === 'recv') await stream.next();
    else if (name === 'drain') while (await stream.next());
    else if (name === 'close') {
      const [, code, reason] = /^(\d*) ?(.*)$/.exec(argument);
      const payload = Buffer.concat([Buffer.alloc(2), Buffer.from(reason)]);
      payload.writeUInt16BE(Number(code || 1000));
      stream.sendClose(payload);
      while (await stream.next());
    } else if (name === 'stream') {
      stream = new Stream(session, url, argument, options);
      streams.push(stream);
      await stream.opened();
    } else if (name === 'use') stream = streams[Number(argument)];
    else if (name === 'transcript') emit('transcript', { lines: transcript });
    else if (name === 'idle') emit('idle');
    else if (name === 'exit') break;
    else if (name !== '') emit('error', { message: `there is no command "${name}"` });
  } catch (error) {
    emit('error', { message: `${error.name}: ${error.message}` });
  }
}
// The end of the script is the end of TCP.
process.exit(0);
