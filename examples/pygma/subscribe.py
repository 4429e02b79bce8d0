"""pyGMA's third sample: running a producer proxy; C{python subscribe.py [PORT]} calls myproducer.py."""

import sys

from buildevent import e

from gma_twisted.pygma.producer import *

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8490

# Bind proxy to remote server
pp = ProducerProxy(host="localhost", port=PORT)

# Subscribe for event 'e'
(sid, sid2) = pp.subscribe(e, "x-netlog://foo.bar.gov")

print("subscribed:", sid, sid2)
print("ended:", pp.unsubscribe(sid2))
try:
    pp.unsubscribe(sid2)
except core.ParameterError as error:
    print("again:", error)
