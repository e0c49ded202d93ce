/*
 * exposition.h: a snapshot as Prometheus reads it.
 *
 * Memory only; no I/O but on the stream given.
 */
#ifndef XS_EXPOSITION_H
#define XS_EXPOSITION_H

#include <stdio.h>

#include "snapshot.h"

/* The type of what is written. */
#define XS_EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

/*
 * Writes a snapshot to a stream: text format 0.0.4, UTF-8. Errors of the stream are left for its
 * owner to find. Of domains there is nothing but their number if Redis did not answer; a figure
 * that is not known is left out. https://prometheus.io/docs/instrumenting/exposition_formats/
 */
void xs_exposition_write(FILE *out, const struct xs_snapshot *snapshot);

#endif
