/*
 * The common half of a put that goes over a bk_line to NAME.part and is then
 * given its name.  A driver's four ops:
 *
 *	put_begin	up = bk_upload_new(target, link, name, length);
 *			bk_line_to(up->line, ...up->part...);
 *			return bk_upload_begin(up, out, err);
 *	put_write	bk_upload_write
 *	put_commit	bk_upload_finish, look at the status and the size,
 *			rename; then bk_upload_free, or bk_upload_drop
 *	put_abort	bk_upload_drop
 */

#ifndef BK_TARGET_UPLOAD_H
#define BK_TARGET_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "net/link.h"
#include "target/target.h"

struct bk_upload {
	struct bk_put put;
	struct bk_line *line;
	char *name, *part; /* "keys/1.bkk", "keys/1.bkk.part"; the same when it
			      goes directly under its name */
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

/* It goes under its name at once, where nothing may be renamed. */
void bk_upload_directly(struct bk_upload *upload);
bool bk_upload_is_direct(const struct bk_upload *upload);

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

/*
 * Takes away what a put left that failed or is broken off, and frees: `remove`
 * asks the server to, for the part, on the upload's line, which is there to
 * tidy then (bk_line_tidy): it is done though the run was cancelled.  A server
 * that did not answer in time is left alone.
 */
void bk_upload_drop(struct bk_upload *upload,
		    int (*remove)(struct bk_upload *upload,
				  struct bk_err *err));

/* Puts "WHERE/NAME: " before the error; returns -1. */
int bk_upload_failed(const struct bk_upload *upload, struct bk_err *err);

#endif
