"""A real node and the SOAP clients other people wrote, with the WSDL as the node serves it."""

import json
import multiprocessing
import re
import shutil
import subprocess
import time
from os import getloadavg
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from lxml import etree
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gma_twisted.markup.namespaces import GLUE, OGSI, SOAP11, SOAP12
from tests.integration.foreign.client import ForeignClient, ForeignFault
from tests.integration.foreign.contract import HOST, ForeignContract
from tests.integration.foreign.scriptclient import ScriptClient
from tests.integration.foreign.shared import SharedNode, poll

try:
    from tests.integration.foreign.zeepclient import ZeepClient
except ImportError:  # pragma: no cover
    ZeepClient = None  # type: ignore[assignment, misc]
try:
    from tests.integration.foreign.sudsclient import SudsClient
except ImportError:  # pragma: no cover
    SudsClient = None  # type: ignore[assignment, misc]

ROOT = Path(__file__).parent.parent.parent
FOREIGN = Path(__file__).parent / "foreign"
NODE_CLIENT = Path(__file__).parent / "node" / "client.js"
NODE_MODULES = ROOT / "build" / "node" / "node_modules"
SENDER = ("Sender", "Receiver")
