#!/usr/bin/env python3
"""A plain WebSocket client that obeys a script, on the library "websockets".

    python_peer.py URL [--subprotocol NAME]... [--header NAME=VALUE]... [--no-compression]

Commands come on standard input, one per line, each obeyed when the one before it is
done; events leave on standard output, one JSON object per line. README.md lists both.
The exit code is 0, or 1 when the connection could not be opened.
"""

import argparse
import base64
import json
import os
import sys

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import connect


def emit(event, **members):
    print(json.dumps({"event": event, **members}, ensure_ascii=False), flush=True)


def emit_close(connection):
    """The end of the connection: what the peer said, 1006 when it said nothing."""
    received = connection.protocol.close_rcvd
    if received is None:
        emit("close", code=1006, reason="")
    else:
        emit("close", code=int(received.code), reason=received.reason)


def receive(connection):
    """Prints the next message, or the end; says whether there may be more."""
    try:
        message = connection.recv()
    except ConnectionClosed:
        emit_close(connection)
        return False
    if isinstance(message, str):
        emit("message", text=message)
    else:
        emit("message", binary=base64.b64encode(message).decode())
    return True


def obey(connection, name, argument):
    if name == "send":
        connection.send(argument)
    elif name == "binary":
        connection.send(base64.b64decode(argument))
    elif name == "fragments":
        # A JSON array of strings: one text message in as many frames.
        connection.send(iter(json.loads(argument)))
    elif name == "ping":
        connection.ping(argument).wait()
        emit("pong")
    elif name == "recv":
        receive(connection)
    elif name == "drain":
        while receive(connection):
            pass
    elif name == "close":
        code, _, reason = argument.partition(" ")
        connection.close(int(code or 1000), reason)
        while receive(connection):
            pass
    elif name == "idle":
        emit("idle")
    else:
        emit("error", message=f"there is no command {name!r}")


def members(headers):
    return {name.lower(): value for name, value in headers.raw_items()}


def run(connection):
    headers = connection.response.headers
    emit(
        "open",
        protocol=connection.subprotocol or "",
        extensions=headers.get("Sec-WebSocket-Extensions", ""),
        headers=members(headers),
    )
    for line in sys.stdin:
        name, _, argument = line.rstrip("\r\n").partition(" ")
        if name == "exit":
            break
        if name:
            try:
                obey(connection, name, argument)
            except ConnectionClosed:
                emit_close(connection)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--subprotocol", action="append")
    parser.add_argument("--header", action="append", default=[])
    parser.add_argument("--no-compression", action="store_true")
    arguments = parser.parse_args()
    try:
        with connect(
            arguments.url,
            additional_headers=[header.split("=", 1) for header in arguments.header],
            subprotocols=arguments.subprotocol,
            compression=None if arguments.no_compression else "deflate",
            open_timeout=None,
            # The tests decide who pings.
            ping_interval=None,
            max_size=None,
            proxy=None,
        ) as connection:
            run(connection)
            # Before the close handshake of the block's end: the end of the script is
            # the end of TCP.
            os._exit(0)
    except InvalidStatus as refused:
        response = refused.response
        emit(
            "error",
            message=str(refused),
            status=response.status_code,
            headers=members(response.headers),
            body=(response.body or b"").decode(errors="replace"),
        )
    except (OSError, WebSocketException) as failure:
        emit("error", message=f"{type(failure).__name__}: {failure}")
    sys.exit(1)


if __name__ == "__main__":
    main()
