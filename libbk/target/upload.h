/*
 * The common half of a put that goes over a bk_line to NAME.part and is then
 * given its name.  A driver's four ops:
 *
 *	put_begin	up = bk_upload_new(target, link, name, length);
 *			bk_line_to(up->line, ...up->part...);
 *			return bk_upload_begin(up, out, err);
 *	put_write	bk_upload_write
 *	put_commit	bk_upload_finish, look at the status and the size,
 *			rename; then bk_upload_free, whatever came of it
 *	put_abort	bk_upload_stop, remove the part; bk_upload_free
 */

#ifndef BK_TARGET_UPLOAD_H
#define BK_TARGET_UPLOAD_H

#include <stdint.h>

#include "base/err.h"
#include "net/link.h"
#include "target/target.h"

struct bk_upload {
	struct bk_put put;
	struct bk_line *line;
	char *name, *part; /* "keys/1.bkk", "keys/1.bkk.part" */
	uint64_t expected; /* bytes, or BK_LENGTH_UNKNOWN */
	uint64_t written;
};

static inline struct bk_upload *bk_upload_of(struct bk_put *put)
{
	return (struct bk_upload *)put;
}

struct bk_upload *bk_upload_new(struct bk_target *target, struct bk_link *link,
				const char *name, uint64_t length);
/* Gives the line back, and frees; NULL is fine. */
void bk_upload_free(struct bk_upload *upload);

/* Starts sending, with the options that the line has.  Frees it on failure. */
int bk_upload_begin(struct bk_upload *upload, struct bk_put **out,
		    struct bk_err *err);
/* BK_MISUSE beyond the length; otherwise as bk_line_send. */
int bk_upload_write(struct bk_put *put, const void *data, size_t len,
		    struct bk_err *err);
/* Ends the sending: BK_MISUSE when bytes lack, otherwise as bk_line_send_end.
 */
int bk_upload_finish(struct bk_upload *upload, struct bk_err *err);
/* Breaks it off, if it is still under way: the line can be used for more. */
void bk_upload_stop(struct bk_upload *upload);

/* Puts "WHERE/NAME: " before the error; returns -1. */
int bk_upload_failed(const struct bk_upload *upload, struct bk_err *err);

#endif
