"""The quickstart once everything is built: runs the system and shows what it does."""

import argparse
import shlex
import signal
import subprocess
import sys

from sandbox.deadline import wait_until
from sandbox.errors import SandboxError
from sandbox.system import LOCATION, PAGE, Programs, System

DOMAIN = "demo.example"
USER = "support"
VISITOR = "you"
VISITOR_PASSWORD = "let-me-in"


def say(text=""):
    print(text, flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="sandbox.demo")
    parser.add_argument("--programs", required=True, help="build directory")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--once", action="store_true")
    return parser.parse_args()


def start(system):
    """Starts everything and brings the demo user to xa; returns its session."""
    say(f"3. System: starting it in {system.directory}")
    system.start_redis()
    say(f"   Redis      {system.redis.socket_path}")
    system.start_responder()
    say(f"   responder  {system.responder.socket_path}")
    system.start_nginx(spread=False)
    say(f"   nginx      http://127.0.0.1:{system.nginx.port}/")
    system.start_prosody()
    say(f"   Prosody    127.0.0.1:{system.prosody.port}, domain {DOMAIN}, certificate self-made")
    system.start_bot()
    system.bot.wait_synced()
    say(f"   bot        logged in as presence@{DOMAIN}, first sync complete")
    system.store.publish(DOMAIN)
    say(f"   {DOMAIN} publishes presence from now on")
    client = system.login(USER)
    client.presence(show="xa")
    say(f"   {USER}@{DOMAIN} has logged in and gone xa (away for an extended time)")
    wait_until(lambda: system.get(f"{USER}@{DOMAIN}").status == 200, "the first answer")
    return client


def flag_command(system, jid, verb):
    """The command that sets a flag, `publish` or `block`, as a list of words."""
    return [system.programs.ctl, "-c", system.configuration.path, verb, jid]


def curl_command(system, jid):
    return ["curl", "-s", f"http://127.0.0.1:{system.nginx.port}{LOCATION}{jid}"]


def page_address(system):
    return f"http://127.0.0.1:{system.nginx.port}{PAGE}"


def show(argv):
    """Prints a command and what it really prints."""
    say(f"$ {shlex.join(argv)}")
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=20)
    if done.returncode != 0:
        raise SandboxError(f"{shlex.join(argv)} failed: {done.stdout}{done.stderr}")
    say(done.stdout.rstrip("\n"))


def present(system):
    """Shows the answers, and what else there is to try."""
    jid = f"{USER}@{DOMAIN}"
    say("\nAsk for the presence of the demo user:\n")
    show(curl_command(system, jid))
    say("\nThe user does not want that any more; the next request says so:\n")
    show(flag_command(system, jid, "block"))
    show(curl_command(system, jid))
    say("\nAnd back again:\n")
    show(flag_command(system, jid, "publish"))
    show(curl_command(system, jid))

    visitor = f"{VISITOR}@{DOMAIN}"
    system.prosody.register(VISITOR, VISITOR_PASSWORD)
    say("\nSee it in a browser, live, with badges and what else a web page can show:\n")
    say(f"  {page_address(system)}#{jid}")
    say("\nLog in with a client of your own and watch your presence:\n")
    say(f"  JID          {visitor}")
    say(f"  password     {VISITOR_PASSWORD}")
    say(f"  server       127.0.0.1, port {system.prosody.port}, with STARTTLS (set by hand: the")
    say("               domain is not in DNS)")
    say("  certificate  self-made: accept it when the client asks, or trust")
    say(f"               {system.certificate.authority}")
    say(f"\n$ {shlex.join(curl_command(system, visitor))}")


def watch(system):
    """Waits for Ctrl-C, and for anything that ends before."""
    say("\nPress Ctrl-C to end everything.")
    system.wait_for_failure()


def on_signals(action):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, action)


def stop_by_signal(number, _frame):
    on_signals(signal.SIG_IGN)
    raise SystemExit(128 + number)


def run(system, once):
    try:
        start(system)
        present(system)
        if not once:
            watch(system)
    finally:
        # From here on only the clean-up matters, and a second Ctrl-C must not cut it short.
        on_signals(signal.SIG_IGN)


def main():
    arguments = parse_arguments()
    on_signals(stop_by_signal)
    programs = Programs.from_build(arguments.programs)
    try:
        with System(programs, DOMAIN, http_port=arguments.port) as system:
            run(system, arguments.once)
    except SandboxError as error:
        sys.exit(f"quickstart: {error}")
    finally:
        say("\nEverything has been stopped and removed.")


if __name__ == "__main__":
    main()
