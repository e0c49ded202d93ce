# Builds FastCGI requests for the tests.
add_library(fcgi_bytes STATIC fcgi_bytes.c)
target_include_directories(fcgi_bytes PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(fcgi_bytes PRIVATE xs::fcgi xs::warnings)

xs_add_unit_test(test_connection xs_fcgi_parts fcgi_bytes)
xs_add_unit_test(test_framing xs_fcgi_parts fcgi_bytes)
xs_add_unit_test(test_listener xs_fcgi_parts)
xs_add_unit_test(test_params xs_fcgi_parts)
xs_add_unit_test(test_pool xs_fcgi_parts)
xs_add_unit_test(test_request xs_fcgi_parts)
xs_add_unit_test(test_respond xs_fcgi_parts)
