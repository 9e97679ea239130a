// A plain WebSocket client that obeys a script, on the WebSocket that Node brings (the
// one that browsers specify): no header can be set and no refusal be read.
//
//   node node_peer.mjs URL [--subprotocol NAME]...
//
// Commands come on standard input, one per line, each obeyed when the one before it
// is done; events leave on standard output, one JSON object per line. README.md lists
// both. The exit code is 0, or 1 when the connection could not be opened.

import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

if (globalThis.WebSocket === undefined) {
  // Node 20 hides it behind a flag.
  const flag = '--experimental-websocket';
  if (process.execArgv.includes(flag)) throw new Error('this Node has no WebSocket');
  const child = spawn(process.execPath, [flag, '--no-warnings', ...process.argv.slice(1)], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 1));
} else {
  await main();
}

function emit(event, members = {}) {
  writeSync(1, `${JSON.stringify({ event, ...members })}\n`);
}

async function main() {
  const [url, ...rest] = process.argv.slice(2);
  const subprotocols = [];
  for (let i = 0; i < rest.length; i += 2) {
    if (rest[i] !== '--subprotocol' || rest[i + 1] === undefined) throw new Error(`unknown argument ${rest[i]}`);
    subprotocols.push(rest[i + 1]);
  }

  const socket = new WebSocket(url, subprotocols);
  socket.binaryType = 'arraybuffer';

  // Messages, and last the close, in the order in which they came.
  const arrived = [];
  let wake = () => {};
  const deliver = (event) => {
    arrived.push(event);
    wake();
  };
  let opened = false;
  let failure = '';
  socket.onopen = () => {
    opened = true;
    wake();
  };
  socket.onmessage = ({ data }) =>
    deliver(
      typeof data === 'string'
        ? ['message', { text: data }]
        : ['message', { binary: Buffer.from(data).toString('base64') }],
    );
  socket.onerror = (event) => {
    failure = event.message || event.error?.message || 'error';
    // A failed handshake may have no close event after it.
    wake();
  };
  socket.onclose = ({ code, reason, wasClean }) => deliver(['close', { code, reason, clean: wasClean }]);

  const until = async (ready) => {
    while (!ready()) await new Promise((resolve) => (wake = resolve));
  };
  let closed;
  const next = async () => {
    if (closed) {
      emit(...closed);
      return false;
    }
    await until(() => arrived.length > 0);
    const event = arrived.shift();
    if (event[0] === 'close') closed = event;
    emit(...event);
    return !closed;
  };

  await until(() => opened || failure || arrived.length > 0);
  if (!opened) {
    emit('error', { message: failure });
    process.exit(1);
  }
  emit('open', { protocol: socket.protocol, extensions: socket.extensions });

  for await (const line of createInterface({ input: process.stdin })) {
    const [, name, argument] = /^(\S*) ?(.*)$/.exec(line);
    try {
      if (name === 'send') socket.send(argument);
      else if (name === 'binary') socket.send(Buffer.from(argument, 'base64'));
      else if (name === 'recv') await next();
      else if (name === 'drain') while (await next());
      else if (name === 'close') {
        const [, code, reason] = /^(\d*) ?(.*)$/.exec(argument);
        socket.close(Number(code || 1000), reason);
        while (await next());
      } else if (name === 'idle') emit('idle');
      else if (name === 'exit') break;
      else if (name !== '') emit('error', { message: `there is no command "${name}"` });
    } catch (error) {
      emit('error', { message: `${error.name}: ${error.message}` });
    }
  }
  // Not close(): the end of the script is the end of TCP.
  process.exit(0);
}
