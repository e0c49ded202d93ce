"""Our bot, for one domain."""

import time

from sandbox.process import Process

SYNC_S = 20.0


class Bot:
    """Runs `program` for `domain`; `store` tells when it is in charge."""

    def __init__(self, program, config_path, domain, store, log_path):
        self.domain = domain
        self.store = store
        self.process = Process("xmpp-status-bot", [program, "-c", config_path, domain], log_path)

    def start(self):
        """Starts it, without waiting for anything."""
        self.process.start()

    def wait_synced(self, seconds=SYNC_S):
        """Waits until its lease says that the records can be trusted."""
        self.process.wait_ready(
            self.is_trusted, f"a valid lease for {self.domain}", seconds
        )

    def is_trusted(self):
        lease = self.store.lease(self.domain)
        return lease is not None and lease[0] > time.time()

    def stop(self):
        return self.process.stop()
