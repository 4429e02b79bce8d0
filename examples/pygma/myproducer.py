"""pyGMA's second sample: a producer server of one's own; C{python myproducer.py [PORT]} runs it."""

import sys

from gma_twisted.pygma.producer import *


class MyProducer(ProducerServer):
    free_ids = [4, 1, 3, 5, 7, 8, 9, 23]
    subscr_ids = {}

    def doSubscribe(self, event, url, sId, **kw):
        id = self.free_ids.pop()
        self.subscr_ids[id] = sId
        # Return (new) producer ID for subscr
        return id

    def doUnsubscribe(self, sid):
        if sid not in self.subscr_ids:
            raise core.ParameterError("Bad id %d" % sid)
        id = self.subscr_ids[sid]
        del self.subscr_ids[sid]
        self.free_ids.append(sid)
        return sid


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8490
    MyProducer().serve(port, started=lambda url: print(url, flush=True))
