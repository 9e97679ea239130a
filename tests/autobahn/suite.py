#!/usr/bin/env python3
"""Runs the Autobahn test suite once, against a server or a client that it starts itself. `run.py` judges what comes out.

    suite.py server|client PEER OUTPUT_DIR --cases PATTERNS --exclude PATTERNS

Leaves in OUTPUT_DIR: `cases.json`, the cases that are to be run; `index.json`, their results; a file for each with what
went over the wire; and the logs of both sides.
"""
import argparse
import json
import os
import pathlib
import signal
import sys

from python3 import fuzzing, to_text
from autobahn.twisted.websocket import listenWS
from twisted.internet import error, protocol, reactor
from twisted.python import log

AGENT = "mandovi"


class Progress:
    """Part of a factory: says how far it is."""

    done = 0
    category = None

    def logCase(self, result):
        super().logCase({key: to_text(value) for key, value in result.items()})
        self.done += 1
        parts = result["id"].split(".")
        # The compression cases take their time.
        category = ".".join(parts[:2] if parts[0] in ("12", "13") else parts[:1])
        if category != self.category or self.done == len(self.specCases):
            mode = "client" if self.isServer else "server"
            print(f"{mode}: case {result['id']}, {self.done} of {len(self.specCases)}", file=sys.__stdout__, flush=True)
        self.category = category

    def createReports(self):
        super().createReports(produceHtml=False)


class ServerFactory(Progress, fuzzing.FuzzingServerFactory):
    pass


class ClientFactory(Progress, fuzzing.FuzzingClientFactory):
    pass


class Peer(protocol.ProcessProtocol):
    """The program under test. The run ends with it, at the latest."""

    def __init__(self, program, arguments, out, on_first_line=lambda line: None):
        self.log = open(out / "peer.log", "wb")
        self.on_first_line = on_first_line
        self.heard = b""
        self.ended = None
        self.process = reactor.spawnProcess(self, program, [program, *arguments], os.environ, childFDs={1: "r", 2: 2})

    def outReceived(self, data):
        self.log.write(data)
        first = b"\n" not in self.heard
        self.heard += data
        if first and b"\n" in self.heard:
            self.on_first_line(self.heard.decode().splitlines()[0])

    def processEnded(self, reason):
        self.log.close()
        self.ended = reason.getErrorMessage() if reason.check(error.ProcessTerminated) else "ok"
        if reactor.running:
            reactor.stop()

    def kill(self):
        if self.process.pid:
            os.kill(self.process.pid, signal.SIGKILL)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["server", "client"])
    parser.add_argument("peer")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--cases", default="*")
    parser.add_argument("--exclude", default="")
    options = parser.parse_args()
    spec = {
        "outdir": str(options.out),
        "cases": options.cases.split(","),
        "exclude-cases": [pattern for pattern in options.exclude.split(",") if pattern],
        "exclude-agent-cases": {},
    }
    known = fuzzing.CaseSet(fuzzing.CaseSetname, fuzzing.CaseBasename, fuzzing.Cases, fuzzing.CaseCategories, {})
    cases = known.parseSpecCases(spec)
    if not cases or not set(cases) <= set(known.CasesById):
        return f"{options.mode}: no such cases: {options.cases}"
    announced = {"cases": cases, "categories": fuzzing.CaseCategories}
    (options.out / "cases.json").write_text(json.dumps(announced))
    # What the suite says, and what fails inside of it, which Twisted would keep to itself.
    log.startLogging(open(options.out / "suite.log", "w"))
    if options.mode == "server":
        def run(line):
            # It connects by itself, runs the cases, writes the reports and stops.
            ClientFactory(dict(spec, servers=[{"agent": AGENT, "url": line.split()[-1]}]))

        peer = Peer(options.peer, ["--listen", "127.0.0.1:0"], options.out, on_first_line=run)
    else:
        factory = ServerFactory(dict(spec, url="ws://127.0.0.1:0"))
        port = listenWS(factory, interface="127.0.0.1").getHost().port
        # It asks for the reports in the end, and leaves.
        peer = Peer(options.peer, ["--url", f"ws://127.0.0.1:{port}"], options.out)
    try:
        reactor.run()
    finally:
        peer.kill()
    # A server is to run on until it is killed.
    if peer.ended != ("ok" if options.mode == "client" else None):
        return f"{options.mode}: the program under test: {peer.ended}"


if __name__ == "__main__":
    sys.exit(main())
