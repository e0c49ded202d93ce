"""Processes that die, stand still, are restarted, reloaded, or run out of descriptors."""

import errno
import itertools
import os
import resource
import signal
import time
from contextlib import ExitStack, contextmanager

from fault import fault
from sandbox.deadline import wait_until
from sandbox.errors import SandboxError
from sandbox.system import DOMAIN

# How long nginx leaves out a responder that has failed, which it counts in whole seconds, so up to one
# more; see deploy/nginx/upstream.conf.
LEFT_OUT_S = 2.0
# Where no systemd holds the sockets, nginx leaves one that is restarted out for a second, which it
# counts whole. If it met the other one's restart meanwhile, it would have nobody left to ask.
APART_S = 2.5
RELOADS = 50
STANDARD = 3  # descriptors, which a process has and keeps: its input, its output and its errors
GARBAGE = "[redis\x00\naddress == \xff\n[[[\ntimeout_ms = soon\n"


def children(pid):
    """The process ids of a process's children."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


@fault("nothing at all, for comparison", 0, hold_s=4, long_s=30)
def none(rig, load, hold_s):
    time.sleep(hold_s)


@fault("one of two responders killed, started again", 1, hold_s=1)
def responder_killed(rig, load, hold_s):
    rig.responders[0].process.kill()
    time.sleep(hold_s)
    rig.responders[0].start()


@fault("one of two responders frozen", 3, silence=True, hold_s=3, long_s=30)
def responder_frozen(rig, load, hold_s):
    rig.responders[0].process.freeze()
    time.sleep(hold_s)
    rig.responders[0].process.thaw()


@fault(f"both responders restarted, {APART_S:g} s apart", 1)
def responders_restarted(rig, load, hold_s):
    for responder in rig.responders:
        responder.stop()
        responder.start()
        time.sleep(APART_S)


@fault("both responders killed, started again", LEFT_OUT_S + 1, outage=True)
def responders_killed(rig, load, hold_s):
    for responder in rig.responders:
        responder.process.kill()
    time.sleep(hold_s)
    for responder in rig.responders:
        responder.start()


@fault("both responders frozen", LEFT_OUT_S + 3, outage=True, silence=True, hold_s=2.5, long_s=30,
       only_long=True)
def responders_frozen(rig, load, hold_s):
    for responder in rig.responders:
        responder.process.freeze()
    time.sleep(hold_s)
    for responder in rig.responders:
        responder.process.thaw()


@fault("an nginx worker killed", 1, refusal=True)
def nginx_worker_killed(rig, load, hold_s):
    before = children(rig.nginx.process.pid)
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: len(children(rig.nginx.process.pid)) == len(before), "another worker")


@fault("nginx killed with its workers, started again", 1, refusal=True)
def nginx_killed(rig, load, hold_s):
    workers = children(rig.nginx.process.pid)
    rig.nginx.process.kill()
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    wait_until(lambda: not any(os.path.exists(f"/proc/{w}/cmdline") and
                               open(f"/proc/{w}/cmdline", "rb").read() for w in workers),
               "the workers' end")
    time.sleep(hold_s)
    rig.nginx.start()


@fault("nginx stopped, started again", 1, refusal=True)
def nginx_restarted(rig, load, hold_s):
    rig.nginx.stop()
    time.sleep(hold_s)
    rig.nginx.start()


@fault("nginx frozen with its workers", 1, refusal=True, silence=True, hang=True, hold_s=1.5,
       long_s=30)
def nginx_frozen(rig, load, hold_s):
    pids = [rig.nginx.process.pid, *children(rig.nginx.process.pid)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(hold_s)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


@fault(f"nginx reloaded {RELOADS} times", 1)
def nginx_reloaded(rig, load, hold_s):
    for _ in range(RELOADS):
        old = set(children(rig.nginx.process.pid))
        rig.nginx.process.send(signal.SIGHUP)
        wait_until(lambda: set(children(rig.nginx.process.pid)) - old, "new workers")


@fault("the bot killed, started again; a user leaves meanwhile for good", 8, outage=True, stale=True)
def bot_killed(rig, load, hold_s):
    rig.bot.process.kill()
    load.leave("leaver")
    time.sleep(hold_s)
    rig.bot.start()


@fault("the bot stopped cleanly, started again", 8, outage=True, stale=True)
def bot_stopped(rig, load, hold_s):
    load.return_all()
    rig.bot.stop()
    load.model.begin_unvouched()
    time.sleep(max(hold_s, 2.5))
    load.model.end_unvouched()
    rig.bot.start()


@fault("the bot frozen, for less than the lease", 8, stale=True, hold_s=12, long_s=20)
def bot_paused(rig, load, hold_s):
    freeze_bot(rig, hold_s)


@fault("the bot frozen for longer than the lease", 8, outage=True, stale=True, hold_s=34, long_s=50)
def bot_frozen(rig, load, hold_s):
    freeze_bot(rig, hold_s)


def freeze_bot(rig, hold_s):
    rig.bot.process.freeze()
    time.sleep(hold_s)
    rig.bot.process.thaw()


@fault("the bot killed and not started again until the lease has lapsed", 8, outage=True,
       stale=True, hold_s=36, long_s=60, only_long=True)
def bot_gone(rig, load, hold_s):
    rig.bot.process.kill()
    time.sleep(hold_s)
    rig.bot.start()


@fault("configuration replaced by garbage, SIGHUP to everything", 1)
def garbage_and_hangup(rig, load, hold_s):
    paths = [rig.configuration.path, *(r.configuration.path for r in rig.responders),
             rig.nginx.config_path, rig.server.config_path]
    with garbled(paths):
        for process in rig.processes().values():
            process.send(signal.SIGHUP)
        time.sleep(hold_s)


@fault("the same, and one responder restarted with it", 1)
def garbage_and_restart(rig, load, hold_s):
    responder = rig.responders[0]
    with garbled([responder.configuration.path]):
        responder.stop()
        responder.process.start()
        if responder.process.wait() != 1:
            raise AssertionError("a responder started with a garbled configuration")
        time.sleep(hold_s)
    responder.start()


@contextmanager
def garbled(paths):
    """Within it the files hold garbage."""
    kept = {}
    for path in paths:
        with open(path, "rb") as file:
            kept[path] = file.read()
        with open(path, "wb") as file:
            file.write(GARBAGE.encode("latin-1"))
    try:
        yield
    finally:
        for path, content in kept.items():
            with open(path, "wb") as file:
                file.write(content)


@fault("no descriptors left for the responders, and Redis cuts their connections", 3, outage=True)
def responders_without_descriptors(rig, load, hold_s):
    with ExitStack() as stack:
        for responder in rig.responders:
            stack.enter_context(running_out(responder.process.log))
            stack.enter_context(descriptors_left(0, responder.process.pid))
        rig.store.command("CLIENT", "KILL", "USER", "xmpp-responder")
        time.sleep(hold_s)


@fault("no descriptors left for the bot, and Redis and the server cut its connections", 12,
       outage=True, stale=True)
def bot_without_descriptors(rig, load, hold_s):
    with running_out(rig.bot.process.log), descriptors_left(0, rig.bot.process.pid):
        rig.store.command("CLIENT", "KILL", "USER", "xmpp-bot")
        time.sleep(hold_s)
        rig.server.kick(f"presence@{DOMAIN}/xmpp-status")
        time.sleep(hold_s)


@fault("no descriptors left for nginx, then one, then two, then three", 2, outage=True, refusal=True,
       hang=True, hold_s=1, long_s=10)
def nginx_without_descriptors(rig, load, hold_s):
    for count in range(4):
        with running_out(rig.nginx.error_log), \
                descriptors_left(count, *children(rig.nginx.process.pid)):
            time.sleep(hold_s)


@contextmanager
def descriptors_left(count, *pids):
    """Within it each of the processes can open so many more; with 0, none even for those it closes."""
    kept = {}
    for pid in pids:
        kept[pid] = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        open_ones = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
        # The limit is on the number that a new one gets, which is the lowest that is free.
        free = (number for number in itertools.count() if number not in open_ones)
        limit = next(itertools.islice(free, count, None)) if count > 0 else STANDARD
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, kept[pid][1]))
    try:
        yield
    finally:
        for pid, limits in kept.items():
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)


@contextmanager
def running_out(read_log):
    """Sees that whoever writes that log says that there were no descriptors left within it."""
    before = len(read_log())
    yield
    if os.strerror(errno.EMFILE) not in read_log()[before:]:
        raise SandboxError("there were descriptors left")
