/*
 * Numbers for Prometheus, in its text exposition format (version 0.0.4), as
 * node_exporter's textfile collector reads it.  Bytes in memory only.
 *
 *	bk_metric_family(&out, "bk_set_errors", "items that are missing");
 *	bk_metric_label(&out, "store", "mail");
 *	bk_metric_value(&out, 3);
 */

#ifndef BK_REPORT_EXPOSITION_H
#define BK_REPORT_EXPOSITION_H

#include <stddef.h>

#include "base/buf.h"

/* {0} is a valid empty one. */
struct bk_exposition {
	struct bk_buf text;
	const char *name; /* of the family, the caller's */
	size_t labels;    /* of the sample that is being made */
};

void bk_exposition_clear(struct bk_exposition *out);

/* HELP and TYPE of a gauge; its samples follow, all of them. */
void bk_metric_family(struct bk_exposition *out, const char *name,
		      const char *help);

/* A label of the next sample.  The value may be any bytes: what is no UTF-8
 * becomes U+FFFD. */
void bk_metric_label(struct bk_exposition *out, const char *key,
		     const char *value);

/* Ends the sample.  Up to 2^53 exactly. */
void bk_metric_value(struct bk_exposition *out, double value);

#endif
