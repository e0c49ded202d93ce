#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "monitor.h"

#define NOW_S 1764000000

static struct xs_monitor *monitor;

/* Bytes that a stream has room for; 0: there is not even memory for the stream. */
static size_t room = SIZE_MAX;

FILE *__real_fmemopen(void *bytes, size_t size, const char *mode);
FILE *__wrap_fmemopen(void *bytes, size_t size, const char *mode);

FILE *__wrap_fmemopen(void *bytes, size_t size, const char *mode)
{
    return room == 0 ? NULL : __real_fmemopen(bytes, room < size ? room : size, mode);
}

static int setup(void **state)
{
    static struct xs_config config;

    (void)state;
    config.redis[XS_PROGRAM_FCGI] =
        (struct xs_redis_config){.path = "/nonexistent/redis.sock", .timeout_ms = 100};
    monitor = xs_monitor_new(&config, "0");
    room = SIZE_MAX;
    return monitor == NULL;
}

static int teardown(void **state)
{
    (void)state;
    xs_monitor_free(monitor);
    return 0;
}

static enum xs_error answer(enum xs_target target, struct xs_response *ret_response)
{
    const struct xs_request request = {.target = target, .method = XS_METHOD_GET};

    return xs_monitor_answer(monitor, &request, 1, NOW_S, ret_response);
}

static void monitor_answer__fails__rather_than_cut_an_answer(void **state)
{
    static const enum xs_target targets[] = {XS_TARGET_METRICS, XS_TARGET_HEALTH};
    static struct xs_response response;

    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        size_t len;

        room = SIZE_MAX;
        assert_int_equal(answer(targets[i], &response), XS_OK);
        len = response.body_len;
        assert_int_equal(response.body[len - 1], '\n');
        room = len + 1;
        assert_int_equal(answer(targets[i], &response), XS_OK);
        assert_int_equal(response.body_len, len);
        room = len - 1;
        assert_int_equal(answer(targets[i], &response), XS_ERROR_NOMEM);
        room = 0;
        assert_int_equal(answer(targets[i], &response), XS_ERROR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(monitor_answer__fails__rather_than_cut_an_answer, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
