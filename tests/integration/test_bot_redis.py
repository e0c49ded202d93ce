"""Redis restarts, forgets, remembers what is long past, is full, or is read-only."""

import os
import shutil
import time
import unittest

from bot_test import RECOVER_S, BotTest
from sandbox.deadline import wait_until
from sandbox.store import RedisError
from sandbox.system import DOMAIN

TROUBLE_S = 3.0
CPU_SHARE = 0.1


class BotRedis(BotTest):
    def setUp(self):
        if not self.bot.process.is_alive():
            self.bot.start()
        self.bot.wait_synced(RECOVER_S)

    def tearDown(self):
        self.system.drop_clients()
        self.bot.process.stop()
        self.store.command("FLUSHALL")

    def trouble(self):
        """Counts what the bot has logged about Redis."""
        return sum("Redis" in line for line in self.bot.process.log().splitlines())

    def assert_logged_once_and_calm(self, before):
        """The bot has said once that Redis makes trouble, and does not spin meanwhile."""
        wait_until(lambda: self.trouble() > before, "a word about Redis", RECOVER_S)
        used = self.bot.process.cpu_seconds()
        time.sleep(TROUBLE_S)
        self.assertEqual(self.trouble(), before + 1)
        self.assertLess((self.bot.process.cpu_seconds() - used) / TROUBLE_S, CPU_SHARE)

    def wait_trusted(self):
        wait_until(self.bot.is_trusted, "a valid lease", RECOVER_S)

    def test_restarted_empty(self):
        alice, bob = self.log_in("alice", show="dnd"), self.log_in("bob", show="chat")
        self.assert_online_soon("alice", show="dnd")
        self.assert_online_soon("bob", show="chat")
        before = self.trouble()
        self.system.redis.stop()
        alice.presence(show="chat", status="changed", lang="de")
        bob.logout()
        self.assert_logged_once_and_calm(before)
        self.system.redis.start()
        self.wait_trusted()
        self.assert_record("alice", type="available", show="chat", status="changed", lang="de")
        self.assertEqual(self.record("bob")["type"], "unavailable")
        self.assertEqual(self.store.online(DOMAIN), {"alice"})

    def test_flushed_behind_the_bots_back(self):
        self.log_in("alice", show="dnd")
        self.assert_online_soon("alice", show="dnd")
        self.store.command("FLUSHALL")
        self.assert_online_soon("alice", within=RECOVER_S, show="dnd")
        self.wait_trusted()

    def test_restarted_with_old_data(self):
        """A snapshot of long ago: who was online then may not be now, and the other way round."""
        alice, bob = self.log_in("alice", show="dnd"), self.log_in("bob", show="chat")
        self.assert_online_soon("alice", show="dnd")
        self.assert_online_soon("bob", show="chat")
        self.store.write_record(self.jid("ghost"), type="available", show="chat")
        self.store.command("SADD", "xmpp:online:{%s}" % DOMAIN, "ghost")
        snapshot = self.take_snapshot()
        alice.presence(show="chat")
        bob.logout()
        self.log_in("carol", show="xa", idle_since=1767323045)
        self.assert_online_soon("alice", show="chat")
        self.assert_left_soon("bob")
        self.assert_online_soon("carol", show="xa", last="1767323045")
        left = self.record("bob")

        self.system.redis.stop()
        shutil.copy(snapshot, os.path.join(self.system.redis.directory, "dump.rdb"))
        self.system.redis.start()
        os.unlink(os.path.join(self.system.redis.directory, "dump.rdb"))
        # Until the bot has noticed, the old data may even have a lease that is still good.
        self.assert_online_soon("alice", within=RECOVER_S, show="chat")
        self.wait_trusted()
        self.assert_record("carol", type="available", show="xa", last="1767323045")
        self.assert_record("bob", **left)
        self.assertNotEqual(self.record("ghost").get("type"), "available")
        self.assertEqual(self.store.online(DOMAIN), {"alice", "carol"})

    def take_snapshot(self):
        self.store.command("SAVE")
        path = os.path.join(self.system.redis.directory, "dump.rdb")
        kept = path + ".old"
        os.rename(path, kept)
        return kept

    def test_restarted_in_the_middle_of_a_sync(self):
        alice = self.log_in("alice", show="dnd")
        self.assert_online_soon("alice", show="dnd")
        self.bot.process.kill()
        alice.presence(show="chat")
        self.log_in("bob", show="dnd")
        self.bot.start()
        # UNTIL is 0 from the new bot's first claim until its sync is complete.
        wait_until(lambda: (self.store.lease(DOMAIN) or (1,))[0] == 0, "the sync", RECOVER_S)
        self.system.redis.stop()
        time.sleep(0.5)
        self.system.redis.start()
        self.wait_trusted()
        self.assert_record("alice", type="available", show="chat")
        self.assert_record("bob", type="available", show="dnd")
        self.assertEqual(self.store.online(DOMAIN), {"alice", "bob"})

    def test_out_of_memory(self):
        alice = self.log_in("alice", show="dnd")
        self.assert_online_soon("alice", show="dnd")
        before = self.trouble()
        self.store.command("CONFIG", "SET", "maxmemory", "1")
        try:
            with self.assertRaisesRegex(RedisError, "OOM"):
                self.store.command("SET", "a", "b")
            alice.presence(show="chat")
            self.log_in("bob", show="chat")
            self.assert_logged_once_and_calm(before)
            self.assert_record("alice", type="available", show="dnd")
        finally:
            self.store.command("CONFIG", "SET", "maxmemory", "0")
        self.assert_right_again("alice", "bob")

    def test_read_only(self):
        alice = self.log_in("alice", show="dnd")
        self.assert_online_soon("alice", show="dnd")
        before = self.trouble()
        # A replica of nothing; without this it would start by forgetting everything.
        self.store.command("CONFIG", "SET", "replica-serve-stale-data", "yes")
        self.store.command("REPLICAOF", "127.0.0.1", "1")
        try:
            with self.assertRaisesRegex(RedisError, "READONLY"):
                self.store.command("SET", "a", "b")
            alice.presence(show="chat")
            self.log_in("bob", show="chat")
            self.assert_logged_once_and_calm(before)
            self.assert_record("alice", type="available", show="dnd")
        finally:
            self.store.command("REPLICAOF", "NO", "ONE")
        self.assert_right_again("alice", "bob")

    def assert_right_again(self, *users):
        for user in users:
            self.assert_online_soon(user, within=RECOVER_S, show="chat")
        self.wait_trusted()
        self.assertEqual(self.store.online(DOMAIN), set(users))


if __name__ == "__main__":
    unittest.main()
