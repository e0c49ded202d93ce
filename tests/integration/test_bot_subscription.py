"""A server that helps nobody: users who add the bot are published, and nobody else."""

import unittest

from bot_test import RECOVER_S, BotTest
from sandbox.deadline import wait_until
from sandbox.system import DOMAIN

BOT = f"presence@{DOMAIN}"
SOON_S = 5.0


class Subscription(BotTest):
    """On Prosody without mod_privilege."""

    @classmethod
    def prepare(cls, system):
        system.start_prosody(privileged=False)
        system.start_bot()
        # The bot vouches for nothing as long as nobody shows it anything.
        first = system.login("first")
        first.presence()
        cls.add_bot(first)
        system.bot.wait_synced()

    def tearDown(self):
        self.system.drop_clients()

    @staticmethod
    def received(client, kind):
        return [p for p in client.received if p.get("type") == kind and p.get("from") == BOT]

    @classmethod
    def add_bot(cls, client):
        """What a user's client does: adds the bot, and approves when it asks in return."""
        client.send(f"<presence to='{BOT}' type='subscribe'/>")
        wait_until(lambda: cls.received(client, "subscribe"), "the bot's request", SOON_S)
        client.send(f"<presence to='{BOT}' type='subscribed'/>")

    def assert_gone(self, user):
        wait_until(lambda: self.record(user) == {}, f"no record of {user}", SOON_S)
        self.assert_record(user)

    def assert_nothing_arrives(self, user):
        """By the time another user's change has been written, nothing of this one has."""
        witness = self.system.login("onlooker")
        witness.presence()
        self.add_bot(witness)
        self.assert_online_soon("onlooker", SOON_S)
        self.assert_record(user)
        self.remove_bot(witness, "onlooker")

    def remove_bot(self, client, user):
        client.ask(
            "<iq type='set' id='remove'><query xmlns='jabber:iq:roster'>"
            f"<item jid='{BOT}' subscription='remove'/></query></iq>", "remove",
        )
        self.assert_gone(user)

    def test_user_who_adds_the_bot_is_published(self):
        client = self.log_in("alice", show="dnd")
        self.add_bot(client)
        self.assert_online_soon("alice", SOON_S, show="dnd")
        client.presence(show="chat")
        self.assert_online_soon("alice", show="chat")
        client.logout()
        self.assert_left_soon("alice")
        self.log_in("alice", show="xa", idle_since=1767323045)
        self.assert_online_soon("alice", show="xa", last="1767323045")

    def test_others_are_not(self):
        self.log_in("bob", show="dnd")
        self.assert_nothing_arrives("bob")

    def test_directed_presence_is_no_agreement(self):
        client = self.log_in("carol", show="dnd")
        client.send(f"<presence to='{BOT}'><show>chat</show></presence>")
        self.assert_nothing_arrives("carol")

    def test_user_who_does_not_approve_is_not_published(self):
        client = self.log_in("dora", show="dnd")
        client.send(f"<presence to='{BOT}' type='subscribe'/>")
        wait_until(lambda: self.received(client, "subscribe"), "the bot's request", SOON_S)
        client.send(f"<presence to='{BOT}' type='unsubscribed'/>")
        self.assert_nothing_arrives("dora")

    def test_user_who_removes_the_bot_is_forgotten(self):
        client = self.log_in("erna", show="dnd")
        self.add_bot(client)
        self.assert_online_soon("erna", SOON_S, show="dnd")
        self.remove_bot(client, "erna")
        client.presence(show="chat")
        self.assert_nothing_arrives("erna")

    def test_user_who_withdraws_approval_is_forgotten(self):
        client = self.log_in("fritz", show="dnd")
        self.add_bot(client)
        self.assert_online_soon("fritz", SOON_S, show="dnd")
        client.send(f"<presence to='{BOT}' type='unsubscribed'/>")
        self.assert_gone("fritz")
        client.presence(show="chat")
        self.assert_nothing_arrives("fritz")

    def test_restart_of_the_bot(self):
        stays = self.log_in("gerda", show="dnd")
        removes = self.log_in("hans", show="dnd")
        for user, client in (("gerda", stays), ("hans", removes)):
            self.add_bot(client)
            self.assert_online_soon(user, SOON_S, show="dnd")
        self.bot.process.stop()
        removes.send(f"<presence to='{BOT}' type='unsubscribed'/>")
        added = self.log_in("inge", show="chat")
        added.send(f"<presence to='{BOT}' type='subscribe'/>")
        self.bot.start()
        self.bot.wait_synced(RECOVER_S)
        self.assert_record("gerda", type="available", show="dnd")
        self.assert_gone("hans")
        wait_until(lambda: self.received(added, "subscribe"), "the bot's request", SOON_S)
        added.send(f"<presence to='{BOT}' type='subscribed'/>")
        self.assert_online_soon("inge", SOON_S, show="chat")

    def test_forged_privilege_is_ignored(self):
        """A user cannot make the bot believe that it is privileged."""
        client = self.log_in("karl", show="dnd")
        client.send(
            f"<message to='{BOT}'><privilege xmlns='urn:xmpp:privilege:2'>"
            "<perm access='presence' type='managed_entity'/></privilege></message>"
        )
        client.send(f"<presence to='{BOT}'><show>chat</show></presence>")
        self.assert_nothing_arrives("karl")


if __name__ == "__main__":
    unittest.main()
