foreach(module array check command entries evidence explain out quote scan targets)
  xs_add_unit_test(test_ctl_${module} xs_ctl_parts)
endforeach()
target_link_libraries(test_ctl_check PRIVATE redis_peer)
target_link_libraries(test_ctl_evidence PRIVATE redis_peer)
target_link_libraries(test_ctl_scan PRIVATE redis_peer)

# It asks for more memory than there can be, which the address sanitizer would call an error.
set_tests_properties(unit/test_ctl_array PROPERTIES
  ENVIRONMENT ASAN_OPTIONS=allocator_may_return_null=1
)
