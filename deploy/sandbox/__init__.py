"""The whole system, started privately in a temporary directory, for the quickstart and the tests.

Redis, Prosody, nginx and our two programs run as children of one Python process, bound to loopback
or to unix sockets, and end with it. Needs Python 3.11 and python3-slixmpp, nothing else.
"""
