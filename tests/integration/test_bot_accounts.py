"""ejabberd shows the bot all accounts, and since when each is gone: everybody gets a record."""

import time
import unittest

from bot_test import RECOVER_S, About, BotTest
from sandbox.deadline import wait_until
from sandbox.system import USER_PASSWORD

SOON_S = 5.0


class Accounts(BotTest):
    """On ejabberd."""

    @classmethod
    def prepare(cls, system):
        system.start_server()
        for user in ("never", "once", "present", "doomed"):
            system.server.register(user, USER_PASSWORD)
        once = system.login_registered("once")
        once.presence()
        once.logout()
        cls.once_left = time.time()
        system.login_registered("present").presence(show="dnd")
        system.start_bot()
        system.bot.wait_synced()

    def tearDown(self):
        if not self.bot.process.is_alive():
            self.bot.start()
        self.bot.wait_synced(RECOVER_S)

    def test_everybody_has_a_record(self):
        self.assert_record_soon("never", SOON_S, type="unavailable")
        left = About(self.once_left, early_s=2)
        self.assert_record_soon("once", SOON_S, type="unavailable", last=left)
        self.assert_online_soon("present", show="dnd")
        self.assertEqual(self.record("presence"), {})

    def test_new_account_appears(self):
        self.system.server.register("new", USER_PASSWORD)
        self.assert_record_soon("new", SOON_S, type="unavailable")
        client = self.system.login_registered("new")
        client.presence(show="chat")
        self.assert_online_soon("new", show="chat")
        client.logout()
        self.assert_left_soon("new")

    def assert_removed(self, *users):
        for user in users:
            wait_until(lambda: self.record(user) == {}, f"no record of {user}", SOON_S)
        self.assert_all_processed()  # nothing that came later has brought it back
        for user in users:
            self.assert_record(user)

    def test_deleted_account_is_removed(self):
        self.system.server.register("deleted", USER_PASSWORD)
        self.assert_record_soon("deleted", SOON_S, type="unavailable")
        self.system.server.delete("deleted")
        self.assert_removed("deleted")

    def test_account_deleted_while_online_is_removed(self):
        client = self.system.login("cut")
        client.presence(show="chat")
        self.assert_online_soon("cut", show="chat")
        self.system.server.delete("cut")
        self.assert_removed("cut")

    def test_accounts_come_and_go_while_the_bot_is_away(self):
        self.assert_record_soon("doomed", SOON_S, type="unavailable")
        self.system.login("shortly").presence(show="dnd")
        self.assert_online_soon("shortly", show="dnd")
        self.bot.process.stop()
        self.system.server.delete("doomed")
        self.system.server.delete("shortly")
        self.system.server.register("meanwhile", USER_PASSWORD)
        self.bot.start()
        self.bot.wait_synced(RECOVER_S)
        self.assert_removed("doomed", "shortly")
        self.assert_record_soon("meanwhile", SOON_S, type="unavailable")
        self.assert_online_soon("present", show="dnd")

    def test_who_left_while_the_bot_was_away_left_when_the_server_says(self):
        client = self.system.login("slipped")
        client.presence(show="dnd")
        self.assert_online_soon("slipped", show="dnd")
        self.bot.process.stop()
        client.logout()
        left = About(time.time(), early_s=1)
        time.sleep(3)  # so that another time would be a wrong one
        self.bot.start()
        self.bot.wait_synced(RECOVER_S)
        self.assert_record_soon("slipped", SOON_S, type="unavailable", last=left)

    def test_parting_words_outlast_a_restart_of_the_bot(self):
        """The server remembers when somebody left, and nobody but Redis with what words."""
        parting, slipped = self.system.login("parting"), self.system.login("witness")
        for client, user in ((parting, "parting"), (slipped, "witness")):
            client.presence()
            self.assert_online_soon(user)
        parting.unavailable("bye")
        self.assert_left_soon("parting", status="bye", lang="en")
        left = self.record("parting")
        parting.close_stream()
        self.bot.process.stop()
        slipped.logout()
        slipped_at = About(time.time(), early_s=1)
        self.bot.start()
        self.bot.wait_synced(RECOVER_S)
        self.assert_record_soon("witness", SOON_S, type="unavailable", last=slipped_at)
        self.assert_all_processed()  # the answer for the one is in, so for the other, too
        self.assert_record("parting", **left)

    def test_account_made_again_has_no_past(self):
        client = self.system.login("again")
        client.presence()
        self.assert_online_soon("again")
        client.logout()
        self.assert_left_soon("again")
        self.system.server.delete("again")
        self.assert_removed("again")
        self.system.server.register("again", USER_PASSWORD)
        self.assert_record_soon("again", SOON_S, type="unavailable")


if __name__ == "__main__":
    unittest.main()
