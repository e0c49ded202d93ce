# What the compiler and the linker can do against an error of ours becoming somebody else's way in.
# Looked at on the built programs, and on how each file was compiled, by
# tests/integration/test_hardening.py.
option(XS_HARDENED "Build programs that are hard to exploit; wants an optimised build" OFF)

# In every build: the code that binds a function when it is first called saves all registers on the
# stack, and with them what was copied last, such as a password that has been wiped since.
add_link_options(-Wl,-z,now)

if(XS_HARDENED)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  # -U, as some compilers define it by themselves.
  add_compile_options(
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection
  )
  add_link_options(-pie -Wl,-z,relro,-z,noexecstack)
  # Checked by the processor: jumps only to where jumps may go, returns only to where calls came
  # from. It counts when the C library's start files are built with it too, which Debian's are not
  # on x86-64.
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|i.86)$")
    add_compile_options(-fcf-protection=full)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    add_compile_options(-mbranch-protection=standard)
  endif()
endif()
