xs_add_unit_test(test_activity xs_bot_parts)
xs_add_unit_test(test_allowance xs_bot_parts)
xs_add_unit_test(test_answer xs_bot_parts)
xs_add_unit_test(test_lock xs_bot_parts)
xs_add_unit_test(test_roster xs_bot_parts)
xs_add_unit_test(test_stamp xs_bot_parts)
xs_add_unit_test(test_stanza xs_bot_parts)
xs_add_unit_test(test_sync xs_bot_parts)
add_library(users_told STATIC users_told.c)
target_include_directories(users_told PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(users_told PUBLIC xs_bot_parts PRIVATE PkgConfig::cmocka xs::warnings)
xs_add_unit_test(test_users users_told)
xs_add_unit_test(test_users_roster users_told)
target_link_options(test_users_roster PRIVATE -Wl,--wrap=calloc) # it has no memory at times
xs_add_unit_test(test_wiping xs_bot_parts)

# It asks for more memory than there can be, which the address sanitizer would call an error.
set_tests_properties(unit/test_wiping PROPERTIES
  ENVIRONMENT ASAN_OPTIONS=allocator_may_return_null=1
)
