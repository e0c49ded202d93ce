#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync.h"

static void sync__is_never_complete__without_the_reply(void **state)
{
    struct xs_sync sync = xs_sync_start();

    (void)state;
    xs_sync_note_delayed(&sync, 1000);
    assert_false(xs_sync_is_complete(&sync, INT64_C(1000000000)));
}

static void sync__is_complete__after_quiet_behind_the_reply(void **state)
{
    struct xs_sync sync = xs_sync_start();

    (void)state;
    xs_sync_note_reply(&sync, 1000);
    assert_false(xs_sync_is_complete(&sync, 1000));
    assert_false(xs_sync_is_complete(&sync, 1000 + XS_SYNC_QUIET_MS - 1));
    assert_true(xs_sync_is_complete(&sync, 1000 + XS_SYNC_QUIET_MS));
}

static void sync__waits_again__after_presence_that_the_reply_overtook(void **state)
{
    struct xs_sync sync = xs_sync_start();

    (void)state;
    xs_sync_note_reply(&sync, 1000);
    xs_sync_note_delayed(&sync, 2500);
    assert_false(xs_sync_is_complete(&sync, 1000 + XS_SYNC_QUIET_MS));
    assert_true(xs_sync_is_complete(&sync, 2500 + XS_SYNC_QUIET_MS));
}

static void sync__ends__though_somebody_forges_delays_for_ever(void **state)
{
    struct xs_sync sync = xs_sync_start();
    int64_t now_ms = 1000;

    (void)state;
    xs_sync_note_reply(&sync, now_ms);
    while (!xs_sync_is_complete(&sync, now_ms)) {
        now_ms += 500;
        xs_sync_note_delayed(&sync, now_ms);
        assert_true(now_ms <= 1000 + XS_SYNC_SETTLE_MAX_MS);
    }
    assert_int_equal(now_ms, 1000 + XS_SYNC_SETTLE_MAX_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sync__is_never_complete__without_the_reply),
        cmocka_unit_test(sync__is_complete__after_quiet_behind_the_reply),
        cmocka_unit_test(sync__waits_again__after_presence_that_the_reply_overtook),
        cmocka_unit_test(sync__ends__though_somebody_forges_delays_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
