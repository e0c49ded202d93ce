# The Debian package:
#   cmake --preset package && cmake --build --preset package && cpack --preset package
#
# One package for the three programs. Together they are smaller than their documentation would be
# thrice, they read one configuration file, and they must fit each other: what the bot writes, the
# responder reads. A host that needs only one of them just enables only that one.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME xmpp-status)
set(CPACK_PACKAGE_VENDOR "xmpp-status")
set(CPACK_PACKAGE_CONTACT "xmpp-status <root@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "web presence for XMPP")
set(CPACK_PACKAGE_DESCRIPTION
  "Answers GET /xmpp/status/JID with the presence of users whose hosting provider
publishes it: a FastCGI responder for nginx, a bot for each domain that follows
presence on Prosody, ejabberd or another XMPP server, and a command line for
operators and panels. They meet in Redis."
)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_STRIP_FILES ON)

# In /etc whatever the prefix is, so the files have to be installed with DESTDIR.
set(CPACK_SET_DESTDIR ON)

set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "nginx, redis-server (>= 5:7.0)")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prosody, prosody-modules, ejabberd, certbot")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/deploy/debian/conffiles
  ${PROJECT_SOURCE_DIR}/deploy/debian/postinst
  ${PROJECT_SOURCE_DIR}/deploy/debian/postrm
  ${PROJECT_SOURCE_DIR}/deploy/debian/prerm
)

include(CPack)
