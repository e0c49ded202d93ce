"""Prosody tells since when somebody is gone, if it has seen that since its own start."""

import time
import unittest

from bot_test import RECOVER_S, About, BotTest

SOON_S = 5.0


class LastActivity(BotTest):
    """On Prosody."""

    def setUp(self):
        if not self.bot.process.is_alive():
            self.bot.start()
        self.bot.wait_synced(RECOVER_S)

    def go_online(self, user):
        client = self.log_in(user, show="dnd")
        self.assert_online_soon(user, show="dnd")
        return client

    def restart_bot(self):
        self.bot.start()
        self.bot.wait_synced(RECOVER_S)

    def test_who_left_while_the_bot_was_away_left_when_the_server_says(self):
        client = self.go_online("slipped")
        self.bot.process.stop()
        client.logout()
        left = About(time.time(), early_s=1)
        time.sleep(3)  # so that another time would be a wrong one
        self.restart_bot()
        self.assert_record_soon("slipped", SOON_S, type="unavailable", last=left)

    def test_what_the_server_does_not_know_is_unknown(self):
        client = self.go_online("unknown")
        self.bot.process.stop()
        client.drop()
        # Prosody keeps the times in memory only.
        self.system.server.restart()
        self.restart_bot()
        self.assert_record_soon("unknown", SOON_S, type="unavailable")
        time.sleep(2)  # an answer of 0 seconds would be in by now
        self.assert_record("unknown", type="unavailable")

    def test_what_the_bot_has_seen_is_not_forgotten(self):
        client = self.go_online("seen")
        client.logout()
        self.assert_left_soon("seen")
        left = self.record("seen")
        self.bot.process.stop()
        self.system.server.restart()
        self.restart_bot()
        time.sleep(2)
        self.assert_record("seen", **left)


if __name__ == "__main__":
    unittest.main()
