# xs::warnings: the warnings that every target of ours is compiled with, linked privately. Turning
# them into errors is a matter of the preset (CMAKE_COMPILE_WARNING_AS_ERROR), not of the tree.
add_library(xs_warnings INTERFACE)
add_library(xs::warnings ALIAS xs_warnings)
target_compile_options(xs_warnings INTERFACE
  -Wall -Wextra -Wpedantic
  -Wcast-align -Wcast-qual -Wconversion -Wformat=2 -Wmissing-declarations -Wmissing-prototypes
  -Wnull-dereference -Wold-style-definition -Wpointer-arith -Wshadow -Wstrict-prototypes -Wundef
  -Wvla -Wwrite-strings
)
# The programs are for Linux; explicit_bzero, epoll, signalfd and friends need this.
target_compile_definitions(xs_warnings INTERFACE _GNU_SOURCE)
