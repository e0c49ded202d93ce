# Libraries from Debian 12's packages; the versions there are the minimum. System headers, so that
# their own style is not held against our warnings.
find_package(PkgConfig REQUIRED)

pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis>=0.14)
pkg_check_modules(libxml2 REQUIRED IMPORTED_TARGET libxml-2.0>=2.9.14)
pkg_check_modules(libidn REQUIRED IMPORTED_TARGET libidn>=1.41)
pkg_check_modules(inih REQUIRED IMPORTED_TARGET inih>=55)
pkg_check_modules(libcjson REQUIRED IMPORTED_TARGET libcjson>=1.7.15)
pkg_check_modules(libxxhash REQUIRED IMPORTED_TARGET libxxhash>=0.8.1)
pkg_check_modules(libstrophe REQUIRED IMPORTED_TARGET libstrophe>=0.12.2)
pkg_check_modules(libsystemd REQUIRED IMPORTED_TARGET libsystemd>=252)

# libfcgi, libunistring and uthash come without a pkg-config file.
find_path(FCGI_INCLUDE_DIR fcgiapp.h REQUIRED)
find_library(FCGI_LIBRARY fcgi REQUIRED)
add_library(fcgi_library INTERFACE)
add_library(xs::fcgi ALIAS fcgi_library)
target_include_directories(fcgi_library SYSTEM INTERFACE ${FCGI_INCLUDE_DIR})
target_link_libraries(fcgi_library INTERFACE ${FCGI_LIBRARY})

find_path(UNISTRING_INCLUDE_DIR unigbrk.h REQUIRED)
find_library(UNISTRING_LIBRARY unistring REQUIRED)
add_library(unistring_library INTERFACE)
add_library(xs::unistring ALIAS unistring_library)
target_include_directories(unistring_library SYSTEM INTERFACE ${UNISTRING_INCLUDE_DIR})
target_link_libraries(unistring_library INTERFACE ${UNISTRING_LIBRARY})

find_path(UTHASH_INCLUDE_DIR uthash.h REQUIRED)
add_library(uthash_headers INTERFACE)
add_library(xs::uthash ALIAS uthash_headers)
target_include_directories(uthash_headers SYSTEM INTERFACE ${UTHASH_INCLUDE_DIR})
