# The library's own tests, one program per module.
foreach(module badge caption chance config error facts figures jid keys lease log options presence presence_json presence_xml
    publish redis reply secret sentinel sieve store text)
  xs_add_unit_test(test_${module} xs::xs)
endforeach()
xs_add_unit_test(test_name_table xs::name_table)
target_link_libraries(test_badge PRIVATE PkgConfig::libxml2 m)
target_link_libraries(test_presence_xml PRIVATE PkgConfig::libxml2)
target_link_libraries(test_jid PRIVATE PkgConfig::libidn)
# libidn has no memory at times.
target_link_options(test_jid
  PRIVATE -Wl,--wrap=stringprep,--wrap=idna_to_ascii_8z,--wrap=idna_to_unicode_8z8z
)

# A scripted peer in the place of Redis.
find_package(Threads REQUIRED)
add_library(redis_peer STATIC redis_peer.c)
target_include_directories(redis_peer PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(redis_peer PUBLIC Threads::Threads PRIVATE xs::warnings)
target_link_libraries(test_redis PRIVATE redis_peer)
target_link_libraries(test_sentinel PRIVATE redis_peer)
target_link_libraries(test_store PRIVATE redis_peer)

xs_add_unit_test(test_jid_table xs::xs)
target_compile_definitions(test_jid_table
  PRIVATE XS_TEST_JIDS="${PROJECT_SOURCE_DIR}/tests/data/jids.txt"
)
