# shellcheck shell=bash
# For the scripts here to source: long commands that Ctrl-C and SIGTERM end for good.
#
# A shell that waits for a command in the foreground either puts a signal off until the command
# has ended or dies and leaves it behind. So the command runs in a process group of its own, and a
# signal that reaches the script is passed on to the whole group and its end awaited.

set -m
child=

# run COMMAND...: runs it and returns its exit status.
run() {
  "$@" </dev/null &
  child=$!
  wait "$child"
  local status=$?
  child=
  return "$status"
}

# end_child EXIT-STATUS: what a signal does.
end_child() {
  trap '' INT TERM HUP
  if [ -n "$child" ]; then
    # INT, not TERM: apt-get heeds it while it downloads, but not while dpkg is at work.
    kill -INT -- "-$child" 2>/dev/null
    wait "$child" 2>/dev/null
  fi
  exit "$1"
}

trap 'end_child 130' INT
trap 'end_child 143' TERM
trap 'end_child 129' HUP
