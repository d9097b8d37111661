/* `bkrepo`: says that a folder is a repository, which, and who may read it.
 * bk-format(5), Marker. */

#ifndef BK_REPO_MARKER_H
#define BK_REPO_MARKER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/id.h"

#define BK_MARKER_NAME  "bkrepo"
#define BK_MARKER_LEN   64
#define BK_FORMAT_MAJOR 1 /* what this version reads and writes */

struct bk_marker {
	uint8_t major, least_reader;
	uint32_t made_days; /* since 1970 */
	uint8_t id[BK_ID_LEN];
};

void bk_marker_encode(const struct bk_marker *marker,
		      uint8_t out[BK_MARKER_LEN]);

/* BK_NEWER when this version is below the lowest reader, else BK_CORRUPT. */
int bk_marker_decode(struct bk_view bytes, struct bk_marker *out,
		     struct bk_err *err);

#endif
