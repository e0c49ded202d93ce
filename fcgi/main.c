/*
 * xmpp-status-fcgi: answers /xmpp/status/JID behind a web server. See xmpp-status-fcgi(8).
 */
#include <errno.h>
#include <libxml/parser.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "config.h"
#include "connection.h"
#include "listener.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "options.h"
#include "reader.h"
#include "secret.h"
#include "streams.h"

enum { EXIT_USAGE = 2 };

/*
 * SIGTERM and SIGINT are for the loop's descriptor; a peer that went away must not kill us, nor
 * somebody who takes SIGHUP for a request to reload: systemd would count that as a clean end.
 */
static bool prepare_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return sigprocmask(SIG_BLOCK, &signals, NULL) == 0 && signal(SIGPIPE, SIG_IGN) != SIG_ERR &&
           signal(SIGHUP, SIG_IGN) != SIG_ERR;
}

static int run_loop(const struct xs_listener *listener, struct xs_reader *reader,
                    struct xs_streams *streams, struct xs_batch *batch)
{
    enum xs_error error;

    xs_log(XS_LOG_INFO, "serving on %s", listener->path != NULL ? listener->path : "descriptor 0");
    error = xs_loop_run(listener->fd, reader, streams, batch);
    if (error != XS_OK) {
        xs_log(XS_LOG_ERROR, "cannot go on serving: %s: %s", xs_error_string(error),
               strerror(errno));
        return EXIT_FAILURE;
    }
    xs_log(XS_LOG_INFO, "stopped");
    return EXIT_SUCCESS;
}

static int serve(const struct xs_config *config)
{
    struct xs_listener listener = {.fd = -1};
    struct xs_error_info info = {.code = XS_OK};
    struct xs_monitor *monitor = xs_monitor_new(config, XS_VERSION);
    struct xs_reader *reader = NULL;
    struct xs_streams *streams = NULL;
    struct xs_batch *batch = NULL;
    int exit_code = EXIT_FAILURE;

    if (monitor != NULL)
        reader = xs_reader_new(config, xs_monitor_metrics(monitor));
    if (reader != NULL)
        streams = xs_streams_new((size_t)config->streams, (size_t)config->stream_jids,
                                 xs_monitor_metrics(monitor));
    if (streams != NULL)
        batch = xs_batch_new(reader, monitor, streams, config->max_age_s);
    if (batch == NULL || xs_connection_init_library() != XS_OK) {
        xs_log(XS_LOG_ERROR, "cannot start: %s", xs_error_string(XS_ERROR_NOMEM));
        goto out;
    }
    if (xs_listener_open(config->fcgi_socket, &listener, &info) != XS_OK) {
        xs_log(XS_LOG_ERROR, "%s", info.text);
        goto out;
    }
    exit_code = run_loop(&listener, reader, streams, batch);
out:
    xs_listener_close(&listener);
    xs_batch_free(batch);
    xs_streams_free(streams);
    xs_reader_free(reader);
    xs_monitor_free(monitor);
    return exit_code;
}

static int run(const struct xs_options *options)
{
    struct xs_config *config = NULL;
    struct xs_error_info info = {.code = XS_OK};
    int exit_code = EXIT_SUCCESS;

    if (xs_config_load(options->config_path, &config, &info) != XS_OK) {
        xs_log(XS_LOG_ERROR, "%s", info.text);
        return EXIT_FAILURE;
    }
    if (options->check)
        xs_log(XS_LOG_INFO, "%s: the configuration is valid", options->config_path);
    else
        exit_code = serve(config);
    xs_config_free(config);
    return exit_code;
}

int main(int argc, char *argv[])
{
    struct xs_options options;
    int exit_code;

    if (!xs_options_parse(argc, argv, &options) || options.operand != argc) {
        (void)fputs("usage: xmpp-status-fcgi [-tV] [-c file]\n", stderr);
        return EXIT_USAGE;
    }
    if (options.version)
        return puts("xmpp-status-fcgi " XS_VERSION) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    if (!prepare_signals() || xs_secret_guard_process() != XS_OK) {
        xs_log(XS_LOG_ERROR, "cannot prepare the process: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    xmlInitParser();
    exit_code = run(&options);
    xmlCleanupParser();
    return exit_code;
}
