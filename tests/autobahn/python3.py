"""The Autobahn test suite, which was released for Python 2 only, on Python 3.

Nothing that is installed is changed: the sources are rewritten while they are imported. They are read as Latin-1, so
that an octet in a literal of Python 2 becomes the character of the same number; `Octets` translates between such text
and bytes, where the suite meets its WebSocket library. The judgement stays the suite's own.

Import this before anything of Twisted or Autobahn.
"""
import codecs
import importlib.abc
import importlib.machinery
import importlib.util
import os
import pathlib
import re
import sys
import types
import warnings

from autobahn.websocket import utf8validator, xormasker

warnings.simplefilter("ignore")  # twenty years old, and not ours to mend

SUITE = "autobahntestsuite"

# What Python 3 spells in another way, as far as it occurs: pattern, replacement.
REWRITES = [(re.compile(pattern, re.MULTILINE), replacement) for pattern, replacement in [
    (r"^( *)print( .*)?$", r"\1print(\2)"),
    (r"([\w.\[\]\"]+)\.has_key\(([^()]+)\)", r"(\2 in \1)"),
    (r"\bxrange\b", "range"),
    (r"^from (case\w*|report) import", r"from .\1 import"),
    (r"^from \.case9_9_1 import .*$", ""),  # not in the list of cases
    (r"\bbinascii\.(b2a_hex|hexlify)\(", "to_hex("),
    (r"\(object, Case, \)", "(Case,)"),
    (r"len\(self\.payload\) / ", "len(self.payload) // "),  # 10.1.1
]]
LIBRARY_REWRITES = {"autobahn.websocket.protocol": [("payload_len / len(payload)", "payload_len // len(payload)")]}


def to_bytes(octets):
    return octets.encode("latin-1") if isinstance(octets, str) else octets


def to_text(octets):
    return octets.decode("latin-1") if isinstance(octets, (bytes, bytearray)) else octets


def to_hex(octets):
    return to_bytes(octets).hex()


class Loader(importlib.machinery.SourceFileLoader):
    """Rewrites a module while it is imported, and keeps no compiled copy."""

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        source = pathlib.Path(path).read_bytes().decode("latin-1").replace("\r\n", "\n")
        if fullname == SUITE:
            source = 'version = "25.10.1"'  # the original imports every mode there is
        elif fullname in LIBRARY_REWRITES:
            for old, new in LIBRARY_REWRITES[fullname]:
                if old not in source:
                    raise ImportError(f"{fullname} is not the version that is known here")
                source = source.replace(old, new)
        else:
            for pattern, replacement in REWRITES:
                source = pattern.sub(replacement, source)
        return compile(source, path, "exec", dont_inherit=True)

    def exec_module(self, module):
        module.to_hex = to_hex
        super().exec_module(module)


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname, path=None, target=None):
        if fullname.split(".")[0] != SUITE and fullname not in LIBRARY_REWRITES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin:
            spec.loader = Loader(fullname, spec.origin)
        return spec


class XorMasker:
    """Masks as one long number, which is quick; the library does it byte by byte."""

    def __init__(self, mask):
        self.mask = bytes(mask)
        self.at = 0

    def pointer(self):
        return self.at

    def reset(self):
        self.at = 0

    def process(self, data):
        turned = self.mask[self.at & 3:] + self.mask[:self.at & 3]
        mask = (turned * (len(data) // 4 + 1))[:len(data)]
        self.at += len(data)
        masked = int.from_bytes(data, "little") ^ int.from_bytes(mask, "little")
        return masked.to_bytes(len(data), "little")


class Utf8Validator(utf8validator.Utf8Validator):
    """Over the decoder that is built in, which is quick; only what is left for the next time goes byte by byte."""

    def reset(self):
        super().reset()
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.total = 0

    def validate(self, data):
        """Gives: valid so far, ends with a character, and two positions for messages."""
        data = to_bytes(data)
        try:
            self.decoder.decode(data)
        except UnicodeDecodeError as error:
            return False, False, error.start, self.total + error.start
        self.total += len(data)
        rest = self.decoder.getstate()[0]
        super().reset()
        return super().validate(rest)[0], not rest, len(data), self.total


def stand_in(name, **members):
    """Puts something in the place of a module that the suite imports, and that nothing here needs."""
    module = sys.modules[name] = types.ModuleType(name)
    vars(module).update(members)


def install():
    sys.meta_path.insert(0, Finder())
    from twisted.internet import reactor  # noqa: F401, before it meets the stand-ins
    utf8validator.Utf8Validator = Utf8Validator
    xormasker.createXorMasker = lambda mask, length=None: XorMasker(mask)
    here = os.path.dirname(importlib.util.find_spec(SUITE).origin)
    stand_in("pkg_resources", resource_filename=lambda package, path: os.path.join(here, path))
    stand_in("twisted.internet.ssl", ClientContextFactory=lambda: None)
    stand_in("twisted.web.server", Site=None)
    stand_in("twisted.web.static", File=None)
    styles = dict.fromkeys(["CSS_COMMON", "CSS_DETAIL_REPORT", "CSS_MASTER_REPORT", "JS_MASTER_REPORT"], "")
    stand_in(f"{SUITE}.report", **styles)


install()
from autobahntestsuite import fuzzing  # noqa: E402

# The original compares pickles, which Python 3 does not promise to be equal for equal values.
fuzzing.Case.compare = lambda self, one, other: one == other
fuzzing.asciiLogData = lambda data, maxlen=64, replace=False: (
    to_bytes(data[:maxlen]).decode("utf-8", "backslashreplace") + (" ..." if len(data) > maxlen else ""))


class Octets:
    """Between the suite, for which octets are text, and its library, for which they are bytes."""

    def sendFrame(self, opcode, payload=b"", *args, **options):
        super().sendFrame(opcode, to_bytes(payload), *args, **options)

    def sendMessage(self, payload, *args, **options):
        super().sendMessage(to_bytes(payload), *args, **options)

    def sendMessageFrameData(self, payload, *args, **options):
        return super().sendMessageFrameData(to_bytes(payload), *args, **options)

    def sendCloseFrame(self, code=None, reasonUtf8=None, isReply=False):
        super().sendCloseFrame(code, to_bytes(reasonUtf8), isReply)

    def onMessage(self, payload, isBinary):
        # The compression cases (12, 13) hash what they get, and want bytes.
        super().onMessage(payload if hasattr(self.runCase, "TESTDATA") else to_text(payload), isBinary)

    def onPong(self, payload):
        super().onPong(to_text(payload))

    def logRxFrame(self, frameHeader, payload):
        super().logRxFrame(frameHeader, [to_text(piece) for piece in payload])


class ServerProtocol(Octets, fuzzing.FuzzingServerProtocol):
    pass


class ClientProtocol(Octets, fuzzing.FuzzingClientProtocol):
    pass


fuzzing.FuzzingServerFactory.protocol = ServerProtocol
fuzzing.FuzzingClientProtocol = ClientProtocol  # the factory looks it up there
